"""Prepares the zig toolchain: compilers that target the libc of a platform tag, on any Linux host."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cibw.errors import MissingToolError
from cibw.running.zig_settings import ZigSettings, multiarch

TOOLS = ("cc", "c++", "ar", "ranlib")
"""The programs of a toolchain, by their file names."""

_ZIG_ARCHITECTURE = {"armv7l": "arm", "i686": "x86", "ppc64le": "powerpc64le"}
_FLOAT_ABI = {"armv7l": "eabihf"}
_RUST_ARCHITECTURE = {"armv7l": "armv7", "ppc64le": "powerpc64le", "riscv64": "riscv64gc"}
_LEGACY = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}
_WRAPPER = Path(__file__).parents[1] / "resources" / "zig_wrapper.py"
# Users install libraries of their own below these, so they say nothing about the interpreter.
_SHARED_PREFIXES = frozenset({"/", "/usr", "/usr/local"})
_SYSTEM_HEADERS = Path("/usr/include")
# Python.h includes it up to Python 3.8, and zig has no such header for glibc.
_CRYPT_HEADER = """\
#pragma once
struct crypt_data;
#ifdef __cplusplus
extern "C" {
#endif
char *crypt(const char *key, const char *salt);
char *crypt_r(const char *key, const char *salt, struct crypt_data *data);
#ifdef __cplusplus
}
#endif
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolchainSpec:
    """What a toolchain is for: the platform tag that its wheels will carry, and the interpreters in use."""

    platform_tag: str
    """Such as `manylinux2014_x86_64`, `manylinux_2_28_aarch64` or `musllinux_1_2_x86_64`."""
    cache: Path
    """Where zig keeps the libc and the C++ library that it compiled for a target."""
    prefixes: tuple[Path, ...] = ()
    """The prefixes of the interpreters; library folders and rpaths below them stay out of the wheels."""
    include_directories: tuple[Path, ...] = ()
    library_directories: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZigPrograms:
    """The programs that a toolchain starts."""

    zig: Path
    python: Path


def find_zig(package: str = "ziglang") -> Path:
    """The zig program of the installed `ziglang` package; raises MissingToolError where there is none."""
    found = find_spec(package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        program = Path(folder, "zig")
        if program.is_file():
            return program
    raise MissingToolError(
        "The zig toolchain is not installed; it builds manylinux and musllinux wheels without a container.",
        hint="Run pip install 'cibw[host]', or use a container engine.",
    )


def zig_target(platform_tag: str) -> str:
    """The target of zig for a platform tag: `manylinux_2_28_i686` is `x86-linux-gnu.2.28`."""
    policy, architecture = _split_tag(platform_tag)
    cpu = _ZIG_ARCHITECTURE.get(architecture, architecture)
    abi = _FLOAT_ABI.get(architecture, "")
    if policy.startswith("musllinux_"):
        return f"{cpu}-linux-musl{abi}"
    version = _LEGACY.get(policy) or ".".join(policy.split("_")[1:])
    return f"{cpu}-linux-gnu{abi}.{version}"


def prepare_toolchain(
    directory: Path, spec: ToolchainSpec, programs: ZigPrograms, *, system_headers: Path = _SYSTEM_HEADERS
) -> dict[str, str]:
    """Write the compilers of a toolchain into a directory and give the environment that selects them."""
    directory.mkdir(parents=True, exist_ok=True)
    spec.cache.mkdir(parents=True, exist_ok=True)
    settings = directory / "settings.txt"
    include, fallback = directory / "include", directory / "fallback"
    linked = _link_interpreter_headers(include, spec, system_headers)
    fallback.mkdir(exist_ok=True)
    (fallback / "crypt.h").write_text(_CRYPT_HEADER, encoding="utf-8")
    text = _settings(spec, (*((f"-I{include}",) if linked else ()), f"-idirafter{fallback}")).to_text()
    settings.write_text(text, encoding="utf-8", errors="surrogateescape")
    for tool in TOOLS:
        _write_program(directory / tool, _start(programs, settings, tool))
    return {**_environment(directory, spec.platform_tag), "ZIG_GLOBAL_CACHE_DIR": str(spec.cache)}


def _split_tag(platform_tag: str) -> tuple[str, str]:
    # A wheel may carry several tags, and each of them says the same.
    tag = platform_tag.partition(".")[0]
    # x86_64 is the one architecture with an underscore in its name.
    policy, _, architecture = tag.replace("x86_64", "x86-64").rpartition("_")
    if not policy.startswith(("manylinux", "musllinux_")):
        raise ValueError(f"not a platform tag of Linux with a libc in it: {platform_tag}")
    return policy, architecture.replace("-", "_")


def _settings(spec: ToolchainSpec, more: tuple[str, ...]) -> ZigSettings:
    return ZigSettings(
        target=zig_target(spec.platform_tag),
        dropped_prefixes=_own_prefixes(spec.prefixes),
        compile_arguments=(*(f"-I{folder}" for folder in spec.include_directories), *more),
        link_arguments=tuple(f"-L{folder}" for folder in spec.library_directories),
    )


def _own_prefixes(prefixes: tuple[Path, ...]) -> tuple[str, ...]:
    spelled = [str(way) for prefix in prefixes for way in (prefix, prefix.resolve())]
    return tuple(dict.fromkeys(way for way in spelled if way not in _SHARED_PREFIXES))


def _link_interpreter_headers(include: Path, spec: ToolchainSpec, system_headers: Path) -> bool:
    """Link the folder of Debian's pyconfig.h, which its Python includes as `<x86_64-linux-gnu/python3.11/pyconfig.h>`.

    That folder alone, for the rest of /usr/include speaks of the host's own libc.
    """
    if Path("/usr") not in spec.prefixes:
        return False
    machine = multiarch(zig_target(spec.platform_tag))
    found = sorted((system_headers / machine).glob("python3*"))
    for headers in found:
        link = include / machine / headers.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(headers)
    return bool(found)


def _start(programs: ZigPrograms, settings: Path, tool: str) -> str:
    # A shell stands in between because a `#!` line takes neither blanks nor long paths, and a single argument.
    call = [programs.python, "-I", "-S", _WRAPPER, programs.zig, settings, tool]
    return f'#!/bin/sh\nexec {shlex.join(map(str, call))} "$@"\n'


def _write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    path.chmod(0o755)


def _environment(directory: Path, platform_tag: str) -> Mapping[str, str]:
    tools = {tool: shlex.quote(str(directory / tool)) for tool in TOOLS}
    policy, architecture = _split_tag(platform_tag)
    rust = _RUST_ARCHITECTURE.get(architecture, architecture)
    libc = "musl" if policy.startswith("musllinux_") else "gnu"
    triple = f"{rust}-unknown-linux-{libc}{_FLOAT_ABI.get(architecture, '')}".upper().replace("-", "_")
    return {
        "CC": tools["cc"],
        "CXX": tools["c++"],
        "AR": tools["ar"],
        "RANLIB": tools["ranlib"],
        "LDSHARED": f"{tools['cc']} -shared",
        "LDCXXSHARED": f"{tools['c++']} -shared",
        f"CARGO_TARGET_{triple}_LINKER": str(directory / "cc"),
    }
