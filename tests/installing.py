"""Installs wheels as users do, into environments that know nothing of the project."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

from cibw.execution.host.interpreters import find_interpreters
from cibw.execution.host.session import find_uv
from cibw.model.identifiers import Family, Interpreter
from tests.builds import CACHE, environment


def import_from(wheel: Path, python: str, statement: str, directory: Path) -> str:
    """Install a wheel into a fresh environment, run a statement there, and give what it prints.

    `python` is an interpreter tag such as `cp312`; nothing of the project is in reach, and nothing is compiled.
    """
    uv = find_uv(os.environ.get("PATH", ""))
    venv = directory / f"venv-{wheel.name.partition('-')[0]}-{python}"
    interpreter = str(venv / "bin" / "python")
    _run([uv, "venv", "--quiet", "--python", pythons()[python], str(venv)], directory)
    _run([uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--python", interpreter, str(wheel)], directory)
    return _run([interpreter, "-I", "-c", statement], venv)


@functools.cache
def pythons() -> dict[str, str]:
    """The paths of this computer's Pythons by their interpreter tags."""
    found = find_interpreters(CACHE / "interpreters.json")
    return {str(one.interpreter): one.path for one in found if one.libc is Family.MANYLINUX}


def here(*tags: str) -> list[str]:
    """Those interpreter tags that this computer has a Python for, oldest first."""
    return sorted(set(tags).intersection(pythons()), key=lambda tag: Interpreter.parse(tag).minor)


def _run(command: list[str], directory: Path) -> str:
    done = subprocess.run(
        command, cwd=directory, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()
