"""Prepares the zig toolchain of the host: compilers that target the libc of a platform tag, on any Linux."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from cibw.errors import MissingToolError
from cibw.running.seals import Notice, ignore, remove_damaged_cache
from cibw.running.zig_compilers import WrapperCompiler, cpp_headers, fallback_headers, lay_compilers
from cibw.running.zig_runtime import COMPARES_NAMES
from cibw.running.zig_settings import ZigSettings
from cibw.running.zig_target import compiler_variables, multiarch, zig_cpu, zig_target

# Users install their own libraries below these, so they do not belong to the interpreter alone.
_SHARED_PREFIXES = frozenset({"/", "/usr", "/usr/local"})
ZIG_OUTPUTS = ("b", "o")
"""The folders of zig's cache with files that are written once: generated sources and compiled objects."""
_ZIG_MANIFESTS = "h"
_PROCESSOR = re.compile(r"-m(?:arch|cpu)=([\w.+-]+)")
_SYSTEM_HEADERS = Path("/usr/include")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolchainSpec:
    """The target of a toolchain: the platform tag of its wheels, and the interpreters in use."""

    platform_tag: str
    """Such as `manylinux2014_x86_64`, `manylinux_2_28_aarch64` or `musllinux_1_2_x86_64`."""
    cache: Path
    """Where zig caches the libc and the C++ library that it compiled for a target."""
    prefixes: tuple[Path, ...] = ()
    """The prefixes of the interpreters. Library directories and rpaths below them are kept out of the wheels."""
    include_directories: tuple[Path, ...] = ()
    library_directories: tuple[Path, ...] = ()
    runtime: Path | None = None
    """A C++ library shared by all objects. Without it each object has its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZigPrograms:
    """The zig program, and what compiles its wrapper. `notice` receives messages about a damaged cache."""

    zig: Path
    compile_wrapper: WrapperCompiler
    notice: Notice = ignore


def find_zig(package: str = "ziglang") -> Path:
    """Return the zig program of the installed `ziglang` package. Raise MissingToolError if there is none."""
    found = find_spec(package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        program = Path(folder, "zig")
        if program.is_file():
            return program
    raise MissingToolError(
        "The zig toolchain is not installed. It builds manylinux and musllinux wheels without a container.",
        hint="Run `pip install 'cibw[host]'`, or use a container engine.",
    )


def misses_copies(package: str = "ziglang") -> bool:
    """Return whether the installed zig compiles each copy of a source again, as 0.17 does."""
    try:
        return version(package).startswith("0.17.")
    except PackageNotFoundError:
        return False


def prepare_toolchain(
    root: Path, spec: ToolchainSpec, programs: ZigPrograms, *, system_headers: Path = _SYSTEM_HEADERS
) -> dict[str, str]:
    """Install the compilers of a toolchain below a root, and return the environment that selects them."""
    remove_damaged_cache(spec.cache, ZIG_OUTPUTS, programs.notice, manifests=_ZIG_MANIFESTS)
    spec.cache.mkdir(parents=True, exist_ok=True)
    links = root / "links"
    links.mkdir(parents=True, exist_ok=True)
    include = root / "include"
    linked = _link_interpreter_headers(include, spec, system_headers)
    more = (*((f"-I{include}",) if linked else ()), f"-idirafter{fallback_headers(str(root))}")
    directory = lay_compilers(
        root, _settings(spec, programs.zig, root, more), programs.compile_wrapper, programs.notice
    )
    return {**compiler_variables(str(directory), spec.platform_tag), "ZIG_GLOBAL_CACHE_DIR": str(spec.cache)}


def processors_of(prefixes: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the processors that the interpreters below these prefixes were compiled for, which extensions inherit."""
    found: dict[str, None] = {}
    for prefix in prefixes:
        for settings in sorted(prefix.glob("lib*/python3*/_sysconfigdata*.py")):
            with suppress(OSError):
                text = settings.read_text(encoding="utf-8", errors="replace")
                found.update(dict.fromkeys(_PROCESSOR.findall(text)))
    return tuple(found)


def _settings(spec: ToolchainSpec, zig: Path, root: Path, more: tuple[str, ...]) -> ZigSettings:
    target = zig_target(spec.platform_tag)
    shared = (COMPARES_NAMES,) if spec.runtime else ()
    return ZigSettings(
        zig=str(zig),
        target=target,
        cpu=zig_cpu(target),
        links=str(root / "links"),
        cpp_headers=cpp_headers(str(root)),
        runtime=str(spec.runtime or ""),
        processors=processors_of(spec.prefixes),
        stands_in=misses_copies(),
        dropped_prefixes=_own_prefixes(spec.prefixes),
        compile_arguments=(*shared, *(f"-I{folder}" for folder in spec.include_directories), *more),
        link_arguments=tuple(f"-L{folder}" for folder in spec.library_directories),
    )


def _own_prefixes(prefixes: tuple[Path, ...]) -> tuple[str, ...]:
    spelled = [str(way) for prefix in prefixes for way in (prefix, prefix.resolve())]
    return tuple(dict.fromkeys(way for way in spelled if way not in _SHARED_PREFIXES))


def _link_interpreter_headers(include: Path, spec: ToolchainSpec, system_headers: Path) -> bool:
    """Link the directory of Debian's pyconfig.h, included as `<x86_64-linux-gnu/python3.11/pyconfig.h>`.

    Only that directory, because the rest of /usr/include describes the host's own libc.
    """
    if Path("/usr") not in spec.prefixes:
        return False
    machine = multiarch(zig_target(spec.platform_tag))
    found = sorted((system_headers / machine).glob("python3*"))
    for headers in found:
        link = include / machine / headers.name
        link.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            link.symlink_to(headers)
    return bool(found)
