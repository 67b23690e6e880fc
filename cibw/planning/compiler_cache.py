"""The compilers of a build behind ccache or sccache: directories of programs that stand first on PATH."""

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
    """The cache that a build asks for; none with zig, which keeps what it compiled by itself."""
    if not ground.caches_compilers:
        return CompilerCache.NONE
    if isinstance(ground.machine, HostSpec) and ground.machine.toolchain_tag:
        return CompilerCache.NONE
    return options.compiler_cache


def cache_path(cache: CompilerCache) -> tuple[EnvExpr, ...]:
    """What puts the cached compilers before the others; the directory may stay empty."""
    return () if cache is CompilerCache.NONE else (prepend_path(COMPILERS),)


def with_cache(
    steps: tuple[Step, ...], cache: CompilerCache, ground: Ground, identifier: BuildIdentifier
) -> tuple[Step, ...]:
    """The steps that make a wheel, of which the first finds the cache and fills the directory of compilers.

    That is after before-all, which may have installed the cache, and with the whole environment of the build.
    """
    if cache is CompilerCache.NONE:
        return steps
    links = Template.of(Late.STEADY, f"/{identifier}")
    places: tuple[Late | Template, ...] = (Template.of(Late.WORK), links, Template.of(Late.CACHE), ground.base_python)
    prepare = program("sh", COMPILER_CACHE, "prepare", cache.value, *places)
    first, *rest = steps
    return (replace(first, actions=(prepare, *first.actions)), *rest)
