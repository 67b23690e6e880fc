"""Whether the Python on PATH is that of the build, and where its tools come from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cibw.execution.host.session import RESOURCES_DIR
from tests.builds import copy_project, run_cibw
from tests.image_settings import image_settings
from tests.installing import here

NOWHERE = "http://127.0.0.1:9/simple"
"""The port of a service that no computer offers any more."""


def programs(directory: Path, *names: str) -> Path:
    directory.mkdir()
    for name in names:
        (directory / name).write_text("#!/bin/sh\n")
        (directory / name).chmod(0o755)
    return directory


def judged(own: Path, path: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(RESOURCES_DIR / "own_python.sh"), str(own)]
    return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)


def test_own_programs_that_come_first_are_fine(tmp_path: Path) -> None:
    own, other = programs(tmp_path / "own", "python", "pip"), programs(tmp_path / "other", "python")
    assert judged(own, f"{tmp_path}:{own}:{other}").returncode == 0


@pytest.mark.parametrize("name", ["python", "pip"])
def test_another_program_before_the_own_is_told(name: str, tmp_path: Path) -> None:
    own, other = programs(tmp_path / "own", "python", "pip"), programs(tmp_path / "other", name)
    result = judged(own, f"{other}:{own}")
    assert result.returncode == 1
    assert f"{name} on PATH is {other}/{name}, but the build has its own: {own}/{name}." in result.stderr


def test_a_path_without_the_own_is_told(tmp_path: Path) -> None:
    result = judged(programs(tmp_path / "own", "python"), str(tmp_path))
    assert result.returncode == 1
    assert "python on PATH is missing" in result.stderr


@pytest.mark.host
def test_the_environment_says_where_the_tools_of_the_host_come_from(tmp_path: Path) -> None:
    [tag] = here("cp312")
    identifier = f"{tag}-manylinux_x86_64"
    environment = f"UV_DEFAULT_INDEX={NOWHERE} UV_HTTP_RETRIES=0 UV_NO_CACHE=1"
    # Only for commands that may call it is pip installed.
    settings = {"CIBW_ENVIRONMENT": environment, "CIBW_BEFORE_BUILD": "true"}
    ran = run_cibw(copy_project("c", tmp_path), "--engine", "host", "--only", identifier, settings=settings)
    assert ran.exit_code == 1
    failure = ran.results[identifier].failure
    assert failure is not None
    assert failure.context.step == "build tools"
    assert NOWHERE in " ".join(failure.context.last_lines)


@pytest.mark.docker
def test_another_python_of_the_image_is_told(tmp_path: Path) -> None:
    path = {"CIBW_ENVIRONMENT": 'PATH="/opt/python/cp311-cp311/bin:$PATH"'}
    arguments = ("--engine", "docker", "--only", "cp312-manylinux_x86_64")
    ran = run_cibw(copy_project("c", tmp_path), *arguments, settings={**image_settings("manylinux_x86_64"), **path})
    assert ran.exit_code == 1
    assert "python on PATH is /opt/python/cp311-cp311/bin/python" in ran.words
