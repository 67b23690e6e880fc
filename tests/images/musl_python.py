"""CPython for musl, built with musl-gcc; its libraries are linked into it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.images.commands import need, run, timed

SOURCES = ("zlib", "libffi", "openssl", "python3.11")
# A changed way of building gets the next number; what was built stays in the cache.
NUMBER = 1
TRIPLET = "x86_64-linux-musl"
_OPENSSL_WITHOUT = (
    "shared tests engine async legacy idea seed rc2 rc4 rc5 camellia aria sm2 sm3 sm4 cast bf "
    "mdc2 rmd160 whirlpool cms ts srp gost comp ct dtls sctp ssl-trace"
).split()

# CPython's configure takes the platform from the answer to --print-multiarch, which musl-gcc
# gives for glibc; and musl-gcc hides the kernel's headers together with glibc's.
_COMPILER = f"""#!/bin/sh
case "$*" in *-print-multiarch*) echo {TRIPLET}; exit;; esac
exec musl-gcc "$@" -idirafter "$KERNEL_HEADERS"
"""
_KERNEL_HEADERS = {
    "linux": "/usr/include/linux",
    "asm-generic": "/usr/include/asm-generic",
    "asm": "/usr/include/x86_64-linux-gnu/asm",
}


def build_python(sources: Mapping[str, Path], work: Path, root: Path, prefix: str) -> None:
    """Build CPython from unpacked sources, and install it below root at prefix."""
    root.mkdir()
    need({"musl-gcc": "musl-tools", "make": "make", "gcc": "gcc", "perl": "perl"})
    libraries = work / "libraries"
    env = {**_make_tools(work), "CC": "cc", "CFLAGS": "-O1 -fPIC"}
    with timed("zlib, libffi"):
        _make(sources["zlib"], env, ["./configure", "--static", f"--prefix={libraries}"])
        options = ["--disable-shared", "--disable-docs", f"--host={TRIPLET}"]
        _make(sources["libffi"], env, ["./configure", *options, f"--prefix={libraries}"])
    with timed("OpenSSL"):
        _build_openssl(sources["openssl"], env, libraries)
    with timed("CPython"):
        _build_cpython(sources["python3.11"], env, libraries, root, prefix)


def _make_tools(work: Path) -> dict[str, str]:
    tools, headers = work / "tools", work / "kernel-headers"
    tools.mkdir()
    headers.mkdir()
    compiler = tools / "cc"
    compiler.write_text(_COMPILER)
    compiler.chmod(0o755)
    for name, target in _KERNEL_HEADERS.items():
        (headers / name).symlink_to(target)
    return {"PATH": f"{tools}:{os.environ['PATH']}", "KERNEL_HEADERS": str(headers)}


def _make(source: Path, env: Mapping[str, str], configure: list[str], *install: str) -> None:
    run(configure, cwd=source, env=env)
    run(["make", f"-j{os.cpu_count()}"], cwd=source, env=env)
    run(["make", "install", *install], cwd=source, env=env)


def _build_openssl(source: Path, env: Mapping[str, str], prefix: Path) -> None:
    options = [f"no-{name}" for name in _OPENSSL_WITHOUT]
    places = [f"--prefix={prefix}", "--libdir=lib", "--openssldir=/etc/ssl"]
    run(["./Configure", "linux-x86_64", *options, *places], cwd=source, env=env)
    run(["make", f"-j{os.cpu_count()}", "build_libs"], cwd=source, env=env)
    run(["make", "install_dev"], cwd=source, env=env)


def _build_cpython(source: Path, env: Mapping[str, str], libraries: Path, root: Path, prefix: str) -> None:
    options = [f"--build={TRIPLET}", f"--host={TRIPLET}", f"--prefix={prefix}"]
    options += [f"--with-openssl={libraries}", "--with-ensurepip=no"]
    options += ["--without-doc-strings", "--disable-test-modules"]
    settings = {
        **env,
        "CXX": "c++",
        "CFLAGS": "",
        "OPT": "-O1 -DNDEBUG",
        "CPPFLAGS": f"-I{libraries}/include",
        "LDFLAGS": f"-L{libraries}/lib",
        "PKG_CONFIG_LIBDIR": f"{libraries}/lib/pkgconfig",
    }
    _make(source, settings, ["./configure", *options], f"DESTDIR={root}")
    _forget(root / prefix.lstrip("/"), libraries)


def _forget(installed: Path, libraries: Path) -> None:
    """Take the build's folders out of the settings that extensions are compiled with."""
    library = installed / "lib/python3.11"
    files = [*library.glob("_sysconfigdata_*.py"), *library.glob("config-3.11-*/Makefile")]
    for file in files:
        text = file.read_text()
        for flag in (f"-I{libraries}/include", f"-L{libraries}/lib"):
            text = text.replace(flag, "")
        file.write_text(text)
    for archive in library.glob("config-3.11-*/*.a"):
        archive.unlink()
