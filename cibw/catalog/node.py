"""The archives of Node.js."""

from __future__ import annotations

NODE_SYSTEMS = ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64")
"""The computers that a wheel for Pyodide may be tested on, in the words of Node.js."""


def node_archive(beginning: str, system: str) -> str:
    """The address of the archive for a system, by what those of a release begin with."""
    return f"{beginning}-{system}.tar.xz"
