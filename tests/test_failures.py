"""What a user reads when something is wrong: an exit code, what happened, what to do, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds import Ran, copy_project, run_cibw, selected

ONLY = ("--only", "cp311-manylinux_x86_64")
ON_HOST = ("--engine", "host", *ONLY)


def check_failure(ran: Ran, exit_code: int, *words: str) -> None:
    """Expect an exit code and words of the message, no traceback and no wheel."""
    assert ran.exit_code == exit_code, ran.output
    assert "Traceback" not in ran.output
    missing = [word for word in words if word not in ran.output]
    assert not missing, ran.output
    assert not ran.wheels


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project("c", tmp_path)


def configure(project: Path, *lines: str) -> None:
    """Add lines to [tool.cibw]."""
    path = project / "pyproject.toml"
    path.write_text("\n".join([path.read_text(encoding="utf-8"), *lines, ""]), encoding="utf-8")


def test_broken_toml(project: Path) -> None:
    configure(project, 'build = "cp311-*')
    check_failure(run_cibw(project, *ON_HOST), 2, "pyproject.toml", "line ")


def test_unknown_options_are_named_together_with_close_matches(project: Path) -> None:
    configure(project, 'test-comand = "true"', "[tool.cibw.macos]", 'before-al = "true"')
    check_failure(run_cibw(project, *ON_HOST), 2, "test-comand", "test-command", "before-al", "before-all", "macos")


def test_an_unknown_variable(project: Path) -> None:
    ran = run_cibw(project, *ON_HOST, settings={"CIBW_TEST_COMAND": "true"})
    check_failure(ran, 2, "CIBW_TEST_COMAND", "CIBW_TEST_COMMAND")


def test_a_selector_that_matches_no_identifier_at_all(project: Path) -> None:
    ran = run_cibw(project, "--engine", "host", settings=selected("cp311-manylinux_x68_64"))
    check_failure(ran, 2, "cp311-manylinux_x68_64", "did you mean 'cp311-manylinux_x86_64'?")


def test_selectors_that_leave_nothing_to_build(project: Path) -> None:
    settings = {**selected("cp311-*"), "CIBW_SKIP": "cp3*"}
    check_failure(run_cibw(project, "--engine", "host", settings=settings), 3, "No build identifier", "--allow-empty")
    check_failure(run_cibw(project, "--engine", "host", "--allow-empty", settings=settings), 0)


def test_an_unknown_argument(project: Path) -> None:
    check_failure(run_cibw(project, "--onyl", "cp311-manylinux_x86_64"), 2, "--onyl")


def test_a_directory_without_a_project(tmp_path: Path) -> None:
    check_failure(run_cibw(tmp_path, *ON_HOST), 2, "setup.py")


@pytest.mark.docker
def test_a_missing_image(project: Path) -> None:
    settings = {"CIBW_MANYLINUX_X86_64_IMAGE": "localhost:9/no-such/image:1"}
    ran = run_cibw(project, "--engine", "docker", *ONLY, settings=settings)
    check_failure(ran, 12, "localhost:9/no-such/image:1", "manylinux-x86_64-image")


def test_an_engine_that_does_not_run(project: Path, tmp_path: Path) -> None:
    settings = {"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}
    ran = run_cibw(project, "--engine", "docker", *ONLY, settings=settings)
    check_failure(ran, 11, "Docker", "nobody.sock")


@pytest.mark.host
def test_a_failing_build(tmp_path: Path) -> None:
    ran = run_cibw(copy_project("broken_build", tmp_path), *ON_HOST)
    log = ran.output_dir / "logs" / "cp311-manylinux_x86_64.log"
    check_failure(ran, 1, "cp311-manylinux_x86_64: build failed", "uv_build.sh", "a_header_that_is_nowhere.h", str(log))
    assert "a_header_that_is_nowhere.h" in log.read_text(encoding="utf-8")


@pytest.mark.host
def test_a_failing_test(project: Path) -> None:
    ran = run_cibw(project, *ON_HOST, settings={"CIBW_TEST_COMMAND": "python -c 'import demo_c; demo_c.no_such_name'"})
    check_failure_of_test(ran)
    failure = ran.results["cp311-manylinux_x86_64"].failure
    assert failure is not None
    assert failure.context.step == "test"
    assert "no_such_name" in failure.context.command


def check_failure_of_test(ran: Ran) -> None:
    """The output holds the traceback of the project's own test, so that only the wheel's absence is checked."""
    assert ran.exit_code == 1, ran.output
    assert "AttributeError" in ran.output
    assert "cp311-manylinux_x86_64: test failed" in ran.words
    assert "cibw/execution" not in ran.output
    assert not ran.wheels


@pytest.mark.host
def test_a_pure_wheel(tmp_path: Path) -> None:
    ran = run_cibw(copy_project("pure", tmp_path), *ON_HOST)
    check_failure(ran, 5, "py3-none-any", "cp311-manylinux_x86_64")


@pytest.mark.host
def test_an_interpreter_that_the_host_lacks(project: Path) -> None:
    ran = run_cibw(project, "--engine", "host", "--only", "gp312_250-manylinux_x86_64")
    check_failure(ran, 13, "gp312_250")


@pytest.mark.host
def test_tests_may_not_rely_on_the_current_directory(project: Path) -> None:
    settings = {"CIBW_TEST_SOURCES": "", "CIBW_TEST_COMMAND": "python -m unittest"}
    ran = run_cibw(project, *ON_HOST, settings=settings)
    assert ran.exit_code == 1, ran.output
    assert "test-sources" in ran.output
