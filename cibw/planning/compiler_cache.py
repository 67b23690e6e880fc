"""Compilers that run through ccache or sccache, in a directory that is first on PATH."""

from __future__ import annotations

from dataclasses import replace

from cibw.config.options import BuildOptions
from cibw.model.compiler_cache import CompilerCache
from cibw.model.environment import EnvExpr
from cibw.model.identifier import BuildIdentifier
from cibw.model.images import HostSpec
from cibw.model.layout import COMPILER_CACHE, COMPILERS
from cibw.model.plan import Step
from cibw.model.template import Late, Template
from cibw.planning.commands import prepend_path, program
from cibw.planning.ground import Ground


def chosen_cache(options: BuildOptions, ground: Ground) -> CompilerCache:
    """The compiler cache of a build; none with zig, which has its own cache."""
    if not ground.caches_compilers:
        return CompilerCache.NONE
    if isinstance(ground.machine, HostSpec) and ground.machine.toolchain_tag:
        return CompilerCache.NONE
    return options.compiler_cache


def cache_path(cache: CompilerCache) -> tuple[EnvExpr, ...]:
    """The assignment that puts the cached compilers first on PATH; their directory may be empty."""
    return () if cache is CompilerCache.NONE else (prepend_path(COMPILERS),)


def with_cache(
    steps: tuple[Step, ...], cache: CompilerCache, ground: Ground, identifier: BuildIdentifier
) -> tuple[Step, ...]:
    """The build steps; the first one also finds the cache and fills the directory of compilers.

    This runs after before-all, which may install the cache, and with the full build environment.
    """
    if cache is CompilerCache.NONE:
        return steps
    links = Template.of(Late.STEADY, f"/{identifier}")
    places: tuple[Late | Template, ...] = (Template.of(Late.WORK), links, Template.of(Late.CACHE), ground.base_python)
    prepare = program("sh", COMPILER_CACHE, "prepare", cache.value, *places)
    first, *rest = steps
    return (replace(first, actions=(prepare, *first.actions)), *rest)
