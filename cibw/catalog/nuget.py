"""The NuGet packages that hold CPython for Windows."""

from __future__ import annotations

from cibw.model.identifier import Interpreter
from cibw.model.target import Architecture

_PACKAGES = {
    Architecture.WIN_AMD64: "python",
    Architecture.WIN_X86: "pythonx86",
    Architecture.WIN_ARM64: "pythonarm64",
}


def nuget_package(interpreter: Interpreter, architecture: Architecture) -> str:
    """The name of the package for an architecture of Windows; KeyError for any other."""
    return f"{_PACKAGES[architecture]}{'-freethreaded' * interpreter.free_threaded}"
