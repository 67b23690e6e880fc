"""Reads the compiler cache statistics of a build."""

from __future__ import annotations

from collections.abc import Mapping

from cibw.model.command import Request
from cibw.model.compiler_cache import CacheHits, CompilerCache
from cibw.model.layout import COMPILER_CACHE
from cibw.model.template import Late
from cibw.running.machine import Machine


def cache_hits(machine: Machine, bindings: Mapping[Late, str], environment: Mapping[str, str]) -> CacheHits | None:
    """Return the hits and misses since the wheel build began, or None if there is no compiler cache."""
    argv = ("sh", COMPILER_CACHE.render(bindings), "count", bindings[Late.WORK])
    request = Request(argv=argv, cwd=bindings[Late.PROJECT], environment=environment)
    words = machine.run(request, _ignore).stdout.split()
    if len(words) != 3:
        return None
    tool, hits, misses = words
    return CacheHits(tool=CompilerCache(tool), hits=int(hits), misses=int(misses))


def _ignore(_text: str, _is_error: bool) -> None:
    pass
