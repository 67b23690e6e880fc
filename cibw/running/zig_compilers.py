"""Installs the compilers of a toolchain into a directory: the zig wrapper under several names, and its settings."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cibw.errors import MissingToolError
from cibw.limited import read_limited
from cibw.model.command import Request
from cibw.running.machine import Machine
from cibw.running.removal import remove_tree
from cibw.running.seals import Notice, ignore
from cibw.running.store_files import write_bytes
from cibw.running.zig_settings import ZigSettings
from cibw.running.zig_target import TOOLS

_SOURCES = Path(__file__).parents[1] / "resources" / "wrapper"
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
    directory = root / f"{settings.target}-{_fingerprint(text)}"
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
        sources = sorted(str(path) for path in _SOURCES.glob("*.c"))
        argv = (str(zig), "cc", "-target", target, *_COMPILE, *sources, "-o", str(program))
        lines: list[str] = []
        request = Request(argv=argv, cwd=str(program.parent), environment=environment)
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


def _fingerprint(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape"))
    for source in sorted(_SOURCES.glob("*.[ch]")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _lay(directory: Path, text: str, compile_wrapper: WrapperCompiler) -> None:
    with tempfile.TemporaryDirectory(dir=directory.parent) as scratch:
        half = Path(scratch) / "half"
        half.mkdir()
        _write(half / "settings.txt", text)
        for name in _STAND_INS:
            _write(half / name, "")
        compile_wrapper(half / TOOLS[0])
        for tool in TOOLS[1:]:
            shutil.copy(half / TOOLS[0], half / tool)
        half.rename(directory)


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
