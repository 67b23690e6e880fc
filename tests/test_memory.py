"""A command that is killed because memory runs out: the report says so, and what helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds import Ran, copy_project, run_cibw, selected
from tests.image_settings import image_settings
from tests.test_container_builds import ENGINES

IDENTIFIER = "cp311-manylinux_x86_64"
HOG = "/opt/python/cp311-cp311/bin/python -c 'b = bytearray(600 << 20)'"
HOOKS = {
    "CIBW_BEFORE_ALL": "before-all",
    "CIBW_BEFORE_BUILD": "before-build",
    "CIBW_REPAIR_WHEEL_COMMAND": "repair",
    "CIBW_TEST_COMMAND": "test",
}


def check_out_of_memory(ran: Ran, step: str, *words: str) -> None:
    assert ran.exit_code == 1, ran.output
    assert "out-of-memory" in ran.output
    assert f"The {step} step failed, " in ran.words
    for word in words:
        assert word in ran.words, ran.output
    assert "cibw/execution" not in ran.output
    assert not ran.wheels


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("hook", list(HOOKS))
def test_a_container_without_enough_memory_is_told_in_every_step(engine: str, hook: str, tmp_path: Path) -> None:
    settings = {
        **image_settings("manylinux_x86_64"),
        **selected(IDENTIFIER),
        "CIBW_CONTAINER_ENGINE": f"{engine}; create-args: --memory 300m",
        "CIBW_TEST_COMMAND": "",
        hook: HOG,
    }
    ran = run_cibw(copy_project("c", tmp_path), settings=settings)
    check_out_of_memory(ran, HOOKS[hook], "(the limit is 300 MiB)", "the kernel killed 1 process", "Raise --memory")


@pytest.mark.docker
def test_the_build_step_is_told_though_its_last_process_was_not_killed(tmp_path: Path) -> None:
    """As with make and a compiler: what is killed is a child of the command that fails."""
    project = copy_project("c", tmp_path)
    setup = (project / "setup.py").read_text(encoding="utf-8") if (project / "setup.py").exists() else ""
    hog = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'b = bytearray(600 << 20)'], check=True)\n"
    (project / "setup.py").write_text(hog + (setup or "from setuptools import setup\nsetup()\n"), encoding="utf-8")
    settings = {
        **image_settings("manylinux_x86_64"),
        **selected(IDENTIFIER),
        "CIBW_CONTAINER_ENGINE": "docker; create-args: --memory 300m",
    }
    ran = run_cibw(project, settings=settings)
    check_out_of_memory(ran, "build", "(the limit is 300 MiB)", "the kernel killed")


@pytest.mark.host
@pytest.mark.parametrize("hook", ["CIBW_BEFORE_BUILD", "CIBW_TEST_COMMAND"])
def test_a_killed_command_of_the_host_is_told(hook: str, tmp_path: Path) -> None:
    settings = {**selected(IDENTIFIER), "CIBW_TEST_COMMAND": "", hook: "kill -9 $$"}
    ran = run_cibw(copy_project("c", tmp_path), "--engine", "host", settings=settings)
    check_out_of_memory(ran, HOOKS[hook], "probably out of memory", "was killed by signal 9", "--jobs 1")


@pytest.mark.host
def test_the_words_of_a_compiler_that_was_killed_are_understood(tmp_path: Path) -> None:
    words = "c++: fatal error: Killed signal terminated program cc1plus"
    settings = {**selected(IDENTIFIER), "CIBW_BEFORE_BUILD": f"echo '{words}' >&2; exit 1"}
    ran = run_cibw(copy_project("c", tmp_path), "--engine", "host", settings=settings)
    check_out_of_memory(ran, "before-build", "probably out of memory", "MAKEFLAGS=-j1")
