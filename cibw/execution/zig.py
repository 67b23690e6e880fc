"""The zig toolchain: its compilers, its settings, and its C++ library."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from cibw.errors import MissingToolError
from cibw.execution.files import remove_tree, write_bytes
from cibw.execution.machine import Machine
from cibw.execution.store.cache import Notice, ignore, remove_damaged, remove_damaged_cache, seal_tree
from cibw.execution.toolchain import TOOLS, ZigSettings, compiler_variables, multiarch, zig_cpu, zig_target
from cibw.model.templates import CommandRequest
from cibw.resources import musl_needed
from cibw.untrusted.limits import read_limited

# Installs the compilers of a toolchain into a directory: the zig wrapper under several names, and its settings.

_WRAPPER_SOURCES = Path(__file__).parents[1] / "resources" / "wrapper"
_STAND_INS = ("stand_in.c", "stand_in.cpp")
_HERE = "native-linux-musl"
_COMPILE = (
    *("-mcpu=baseline", "-std=c11", "-O2", "-s", "-static"),
    *("-nostdlib", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fno-sanitize=undefined"),
)
"""Without a C library, because zig would first compile one, which takes half a minute."""
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

# libstdc++ includes these, so some projects do not include them themselves. libc++ does not.
_CPP_HEADERS = {
    "string": ("cerrno", "cstdio", "cstdlib", "cwchar"),
    "stdexcept": ("string",),
    "iterator": ("string",),
}

WrapperCompiler = Callable[[Path], None]
"""Compiles the wrapper to a file, for this computer's processor."""


def fallback_headers(root: str) -> str:
    """Return the directory of headers that zig lacks, below the root of `lay_compilers`."""
    return f"{root}/fallback"


def cpp_headers(root: str) -> str:
    """Return the directory of C++ headers that include what gcc's headers include, below the root."""
    return f"{root}/fallback/c++"


def lay_compilers(root: Path, settings: ZigSettings, compile_wrapper: WrapperCompiler, notice: Notice = ignore) -> Path:
    """Return the directory below `root` with the compilers for these settings. Create it if it is missing or damaged.

    Its name depends only on the settings and the wrapper, so build systems and compiler caches see the same paths
    in every run. Several processes may call this concurrently.
    """
    from filelock import FileLock

    text = settings.to_text()
    directory = root / f"{settings.target}-{_wrapper_fingerprint(text)}"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / ".lock"):
        _write(Path(fallback_headers(str(root))) / "crypt.h", _CRYPT_HEADER)
        for name, included in _CPP_HEADERS.items():
            _write(Path(cpp_headers(str(root))) / name, _cpp_header(name, included))
        if os.path.lexists(directory) and not _is_whole(directory, text):
            notice(f"{directory} is damaged; removing and recreating it.")
            remove_tree(directory)
        if not directory.exists():
            _lay(directory, text, compile_wrapper)
    return directory


def zig_compiler(machine: Machine, zig: Path, cache: Path, *, target: str = _HERE) -> WrapperCompiler:
    """Compile the wrapper with zig itself. Raise MissingToolError if zig does not run here."""

    def compile_wrapper(program: Path) -> None:
        environment = {**machine.environment(), "ZIG_GLOBAL_CACHE_DIR": str(cache), "ZIG_LOCAL_CACHE_DIR": str(cache)}
        sources = sorted(str(path) for path in _WRAPPER_SOURCES.glob("*.c"))
        argv = (str(zig), "cc", "-target", target, *_COMPILE, *sources, "-o", str(program))
        lines: list[str] = []
        request = CommandRequest(argv=argv, cwd=str(program.parent), environment=environment)
        outcome = machine.run(request, lambda text, _is_error: lines.append(text))
        if outcome.exit_code != 0:
            raise MissingToolError(
                f"zig cannot compile on this computer: {' '.join(lines[-3:])}",
                hint="Reinstall the package ziglang where cibw is installed, or use a container engine.",
            )

    return compile_wrapper


def _cpp_header(name: str, included: tuple[str, ...]) -> str:
    lines = ("#pragma once", "#pragma GCC system_header", f"#include_next <{name}>")
    return "".join(f"{line}\n" for line in (*lines, *(f"#include <{more}>" for more in included)))


def _wrapper_fingerprint(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape"))
    for source in sorted(_WRAPPER_SOURCES.glob("*.[ch]")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _lay(directory: Path, text: str, compile_wrapper: WrapperCompiler) -> None:
    with tempfile.TemporaryDirectory(dir=directory.parent) as scratch:
        partial = Path(scratch) / "half"
        partial.mkdir()
        _write(partial / "settings.txt", text)
        for name in _STAND_INS:
            _write(partial / name, "")
        compile_wrapper(partial / TOOLS[0])
        for tool in TOOLS[1:]:
            shutil.copy(partial / TOOLS[0], partial / tool)
        partial.rename(directory)


def _is_whole(directory: Path, text: str) -> bool:
    """Return whether all files are present and unchanged. The tools are copies of one program."""
    wanted = {"settings.txt": text.encode("utf-8", "surrogateescape"), **dict.fromkeys(_STAND_INS, b"")}
    try:
        programs = {(read_limited(directory / tool), (directory / tool).stat().st_mode) for tool in TOOLS}
        contents = {name: read_limited(directory / name) for name in wanted}
        return len(programs) == 1 and contents == wanted
    except (OSError, ValueError):
        return False


def _write(path: Path, text: str) -> None:
    content = text.encode("utf-8", "surrogateescape")
    with suppress(OSError):
        # Compilers identify a file by its modification time, too.
        if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
            return
    write_bytes(path, content)


# Builds a C++ library shared by all objects of a wheel, for wheels that do not work with one copy per object.
#
# zig provides libc++ as source only, and links it statically. This module builds it as a shared library, which a
# repair copies into the wheel. Its symbols have their own version, so no other C++ library in a process conflicts
# with them.

RUNTIME_FILE = "libc++-cibw.so.1"
COMPARES_NAMES = "-D_LIBCPP_TYPEINFO_COMPARISON_IMPLEMENTATION=2"
"""Compares types by name, like gcc's library, because two objects may each contain a description of a type."""
_RUNTIME_SOURCES = ("libcxx/src/*.cpp", "libcxx/src/filesystem/*.cpp", "libcxx/src/ryu/*.cpp", "libcxxabi/src/*.cpp")
_NOT_FOR_EXCEPTIONS = "cxa_noexception.cpp"
_INCLUDE = ("libcxxabi/include", "libcxx/include", "libcxx/src", "libcxx/libc", "libunwind/include")
_OPTIONS = (
    *("-shared", "-fPIC", "-O2", "-g0", "-s", "-w", "-std=c++23", "-fvisibility-inlines-hidden"),
    *("-fno-sanitize=undefined", "-DNDEBUG", "-DLIBC_NAMESPACE=__llvm_libc_common_utils", COMPARES_NAMES),
    *("-D_LIBCPP_BUILDING_LIBRARY", "-D_LIBCXXABI_BUILDING_LIBRARY", "-DLIBCXX_BUILDING_LIBCXXABI"),
    f"-Wl,-soname,{RUNTIME_FILE}",
)
_VERSIONS = "CIBW_CXX_1 { global: *; };\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeMaker:
    """The zig program, the target and the processor to compile for, and zig's cache.

    `patchelf` sets the musl libc name that distributions use.
    """

    zig: Path
    target: str
    cpu: str
    cache: Path
    notice: Notice
    patchelf: str


def shared_runtime(root: Path, maker: RuntimeMaker, machine: Machine) -> Path:
    """Return the shared C++ library below `root`.

    Build it if missing or damaged; raise MissingToolError if zig fails.
    """
    from filelock import FileLock

    directory = root / f"runtime-{maker.target}-{_runtime_fingerprint(maker)}"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / ".runtime.lock"):
        if not remove_damaged(directory, maker.notice):
            _make(directory, maker, machine)
    return directory / RUNTIME_FILE


def _make(directory: Path, maker: RuntimeMaker, machine: Machine) -> None:
    with tempfile.TemporaryDirectory(dir=directory.parent) as name:
        scratch = Path(name)
        partial = scratch / "half"
        partial.mkdir()
        versions = scratch / "versions"
        versions.write_text(_VERSIONS, encoding="utf-8")
        library = partial / RUNTIME_FILE
        _compile(library, versions, maker, machine)
        if "-musl" in maker.target:
            _name_libc(library, maker.patchelf)
        seal_tree(partial)
        partial.rename(directory)


def _compile(library: Path, versions: Path, maker: RuntimeMaker, machine: Machine) -> None:
    lib = maker.zig.resolve().parent / "lib"
    sources = [str(path) for pattern in _RUNTIME_SOURCES for path in sorted(lib.glob(pattern))]
    argv = (
        *(str(maker.zig), "c++", "-target", maker.target, f"-mcpu={maker.cpu}", *_OPTIONS),
        *(f"-I{lib / folder}" for folder in _INCLUDE),
        *(source for source in sources if not source.endswith(_NOT_FOR_EXCEPTIONS)),
        *(f"-Wl,--version-script={versions}", "-o", str(library)),
    )
    scratch = str(versions.parent)
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(maker.cache), "ZIG_LOCAL_CACHE_DIR": scratch}
    lines: list[str] = []
    request = CommandRequest(argv=argv, cwd=scratch, environment={**machine.environment(), **caches})
    outcome = machine.run(request, lambda text, _is_error: lines.append(text))
    if outcome.exit_code != 0 or not library.is_file():
        raise MissingToolError(
            f"zig cannot compile a shared C++ library: {' '.join(lines[-3:])}",
            hint="Use a container engine, whose images contain one.",
        )


def _name_libc(library: Path, patchelf: str) -> None:
    content = library.read_bytes()
    library.write_bytes(musl_needed.patched(content, musl_needed.libc_name(content), patchelf))


def _runtime_fingerprint(maker: RuntimeMaker) -> str:
    state = maker.zig.resolve().stat()
    text = "\n".join((str(maker.zig), str(state.st_size), str(state.st_mtime_ns), maker.cpu, *_OPTIONS, _VERSIONS))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


# Prepares the zig toolchain of the host: compilers that target the libc of a platform tag, on any Linux.

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

    Only that directory, because the rest of /usr/include describes the host's own libc. Meson compiles a module for
    this Python before it accepts Cython, whichever Python it builds for.
    """
    machine = multiarch(zig_target(spec.platform_tag))
    found = sorted((system_headers / machine).glob("python3*"))
    for headers in found:
        link = include / machine / headers.name
        link.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            link.symlink_to(headers)
    return bool(found)
