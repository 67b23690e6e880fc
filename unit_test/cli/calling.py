"""Calls the program inside the test's own process, in a project made for the test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from cibw.cli.main import main

PYPROJECT = """\
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.10"

[tool.cibw]
build = "cp3{11,12}-manylinux_x86_64"
archs = "x86_64"
test-command = "pytest"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """How a call ended, and what it printed."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Calls cibw in a directory; `environment` says what its variables are."""

    directory: Path
    environment: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Called:
        """Call the program; an exit of the argument parser counts as its exit code."""
        try:
            exit_code = main(list(arguments))
        except SystemExit as ended:
            exit_code = int(str(ended.code or 0))
        printed = self.capture.readouterr()
        return Called(exit_code=exit_code, stdout=printed.out, stderr=printed.err)


def caller_in(directory: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> Caller:
    """A caller in a project, in an environment that says nothing to cibw."""
    (directory / "pyproject.toml").write_text(PYPROJECT)
    patch.chdir(directory)
    for name in list(os.environ):
        if name.startswith(("CIBW_", "GITHUB_", "GITLAB_CI", "TF_BUILD", "TRAVIS", "FORCE_COLOR")) or name == "CI":
            patch.delenv(name)
    patch.setenv("CIBW_CACHE_PATH", str(directory / "cache"))
    for name in ("DOCKER_HOST", "CONTAINER_HOST"):
        patch.setenv(name, f"unix://{directory}/no-engine.sock")
    return Caller(directory=directory, environment=patch, capture=capture)
