"""Identifies the tools on this computer without running them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from cibw import __version__
from cibw.errors import MissingToolError
from cibw.running.zig import find_zig

_COMPILERS = (
    *("cc", "c++", "gcc", "g++", "clang", "clang++", "gfortran", "flang", "ld", "cl", "rustc", "cargo", "go"),
    *("cmake", "ninja", "make", "meson", "swig", "pkg-config", "ccache", "sccache"),
)
"""Programs that builds on this computer call by these names by default."""
_XCODE = Path("/var/db/xcode_select_link/usr/bin/clang")
"""The compiler behind `/usr/bin/clang`, which itself never changes."""


def tool_identities(path: str, *, on_host: bool) -> dict[str, str]:
    """Return the tools used by a build in a container or on this host, with a text that identifies their version."""
    found = {"cibw": __version__, "uv": _program("uv", path), "zig": _zig()}
    if on_host:
        found |= {"patchelf": _program("patchelf", path), "auditwheel": _package("auditwheel")}
        found |= {name: file_identity(Path(place)) for name in _COMPILERS if (place := which(name, path=path))}
        found |= {"Xcode": file_identity(_XCODE)} if sys.platform == "darwin" else {}
    return found


def file_identity(path: Path) -> str:
    """Return the real path of a file, its size and its modification time, or an empty string if it is missing."""
    try:
        real = path.resolve()
        state = real.stat()
    except OSError:
        return ""
    return f"{real} {state.st_size} {state.st_mtime_ns}"


def _program(name: str, path: str) -> str:
    beside = str(Path(sys.executable).parent)
    found = which(name, path=beside) or which(name, path=path)
    return file_identity(Path(found)) if found else ""


def _zig() -> str:
    try:
        return file_identity(find_zig())
    except MissingToolError:
        return ""


def _package(name: str) -> str:
    """Return the version of an installed package, from the name of its metadata directory."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return ""
    site = Path(spec.origin).parent.parent
    return " ".join(sorted(path.name for path in site.glob(f"{name}-*.dist-info")))
