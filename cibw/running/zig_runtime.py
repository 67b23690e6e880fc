"""Builds a C++ library shared by all objects of a wheel, for wheels that do not work with one copy per object.

zig provides libc++ as source only, and links it statically. This module builds it as a shared library, which a
repair copies into the wheel. Its symbols have their own version, so no other C++ library in a process conflicts
with them.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cibw.errors import MissingToolError
from cibw.model.command import Request
from cibw.resources import musl_needed
from cibw.running.machine import Machine
from cibw.running.seals import Notice, remove_damaged, seal_tree

RUNTIME_FILE = "libc++-cibw.so.1"
COMPARES_NAMES = "-D_LIBCPP_TYPEINFO_COMPARISON_IMPLEMENTATION=2"
"""Compares types by name, like gcc's library, because two objects may each contain a description of a type."""
_SOURCES = ("libcxx/src/*.cpp", "libcxx/src/filesystem/*.cpp", "libcxx/src/ryu/*.cpp", "libcxxabi/src/*.cpp")
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

    directory = root / f"runtime-{maker.target}-{_fingerprint(maker)}"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / ".runtime.lock"):
        if not remove_damaged(directory, maker.notice):
            _make(directory, maker, machine)
    return directory / RUNTIME_FILE


def _make(directory: Path, maker: RuntimeMaker, machine: Machine) -> None:
    with tempfile.TemporaryDirectory(dir=directory.parent) as name:
        scratch = Path(name)
        half = scratch / "half"
        half.mkdir()
        versions = scratch / "versions"
        versions.write_text(_VERSIONS, encoding="utf-8")
        library = half / RUNTIME_FILE
        _compile(library, versions, maker, machine)
        if "-musl" in maker.target:
            _name_libc(library, maker.patchelf)
        seal_tree(half)
        half.rename(directory)


def _compile(library: Path, versions: Path, maker: RuntimeMaker, machine: Machine) -> None:
    lib = maker.zig.resolve().parent / "lib"
    sources = [str(path) for pattern in _SOURCES for path in sorted(lib.glob(pattern))]
    argv = (
        *(str(maker.zig), "c++", "-target", maker.target, f"-mcpu={maker.cpu}", *_OPTIONS),
        *(f"-I{lib / folder}" for folder in _INCLUDE),
        *(source for source in sources if not source.endswith(_NOT_FOR_EXCEPTIONS)),
        *(f"-Wl,--version-script={versions}", "-o", str(library)),
    )
    scratch = str(versions.parent)
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(maker.cache), "ZIG_LOCAL_CACHE_DIR": scratch}
    lines: list[str] = []
    request = Request(argv=argv, cwd=scratch, environment={**machine.environment(), **caches})
    outcome = machine.run(request, lambda text, _is_error: lines.append(text))
    if outcome.exit_code != 0 or not library.is_file():
        raise MissingToolError(
            f"zig cannot compile a shared C++ library: {' '.join(lines[-3:])}",
            hint="Use a container engine, whose images contain one.",
        )


def _name_libc(library: Path, patchelf: str) -> None:
    content = library.read_bytes()
    library.write_bytes(musl_needed.patched(content, musl_needed.libc_name(content), patchelf))


def _fingerprint(maker: RuntimeMaker) -> str:
    state = maker.zig.resolve().stat()
    text = "\n".join((str(maker.zig), str(state.st_size), str(state.st_mtime_ns), maker.cpu, *_OPTIONS, _VERSIONS))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
