"""cibuildwheel, the peer, in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CIBUILDWHEEL_RELEASE = "4.3.5"
CIBUILDWHEEL_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cibw-peer"
_OLDEST = (3, 11)
"""The oldest Python that this release runs on."""


def cibuildwheel_python(name: str = "", packages: Sequence[str] = ()) -> str:
    """The Python of an environment that has the peer, made where it is not there yet.

    It is the Python that runs this, where the peer can have that one. An environment with more packages has a name.
    """
    version = sys.version_info[:2]
    wanted = sys.executable if version >= _OLDEST else f">={_OLDEST[0]}.{_OLDEST[1]}"
    directory = CIBUILDWHEEL_CACHE / f"{name}{CIBUILDWHEEL_RELEASE}-{version[0]}.{version[1]}"
    python = directory / "bin" / "python"
    if not (directory / "complete").exists():
        uv = [sys.executable, "-m", "uv"]
        _run(*uv, "venv", "--quiet", "--clear", "--python", wanted, str(directory))
        install = [*uv, "pip", "install", "--quiet", "--python", str(python)]
        _run(*install, "cibuildwheel", *packages)
        # Its newest release may ask for newer libraries than the index has, and runs without them.
        _run(*install, "--no-deps", f"cibuildwheel=={CIBUILDWHEEL_RELEASE}")
        (directory / "complete").touch()
    return str(python)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
