from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cibw.cli.main import main
from cibw.cli.session import Session
from unit_test.cli.calling import Caller

BOTH = "cp311-manylinux_x86_64\ncp312-manylinux_x86_64\n"


def test_the_selected_identifiers_are_printed(cibw: Caller) -> None:
    assert cibw("--print-build-identifiers").stdout == BOTH
    assert cibw("--print-build-identifiers", "--only", "cp310-musllinux_aarch64").stdout == "cp310-musllinux_aarch64\n"


@pytest.mark.parametrize("platform", ["linux", "macos"])
def test_identifiers_of_a_project_elsewhere_are_printed(cibw: Caller, tmp_path: Path, platform: str) -> None:
    elsewhere = tmp_path.with_name(f"{tmp_path.name}-elsewhere")
    elsewhere.mkdir()
    (elsewhere / "pyproject.toml").write_text('[tool.cibuildwheel]\nbuild = "cp313-*"\narchs = "native"\n')
    printed = cibw("--platform", platform, "--archs", "all", "--print-build-identifiers", str(elsewhere))
    assert printed.exit_code == 0
    assert {line.partition("-")[0] for line in printed.stdout.splitlines()} == {"cp313"}


def test_the_platform_comes_from_its_variable_too(cibw: Caller) -> None:
    cibw.environment.setenv("CIBW_PLATFORM", "windows")
    cibw.environment.setenv("CIBW_BUILD", "cp312-win*")
    cibw.environment.setenv("CIBW_ARCHS", "all")
    assert "cp312-win_amd64" in cibw("--print-build-identifiers").stdout.splitlines()


def test_a_plan_is_text_or_json(cibw: Caller) -> None:
    text = cibw("plan")
    assert (text.exit_code, text.stderr) == (0, "")
    assert text.stdout.startswith("1 job, 2 builds\n  cp311 cp312 on manylinux_x86_64\n")
    plan = json.loads(cibw("plan", "--json").stdout)
    assert [build["identifier"] for job in plan["jobs"] for build in job["builds"]] == BOTH.split()


def test_secrets_are_masked_in_a_plan(cibw: Caller) -> None:
    cibw.environment.setenv("A_TOKEN", "hush-hush")
    cibw.environment.setenv("CIBW_TEST_COMMAND", "use hush-hush")
    assert "hush-hush" not in cibw("plan").stdout + cibw("plan", "--json").stdout


@pytest.mark.parametrize(
    ("arguments", "variables", "exit_code", "words"),
    [
        (["nowhere"], {}, 2, "The package nowhere is missing."),
        (["--only", "bogus"], {}, 2, "'bogus' is not a build identifier"),
        ([], {"CIBW_SKIP": "*"}, 3, "No build identifiers are selected"),
        ([], {"CIBW_PLATFORM": "bsd"}, 2, "Platforms: auto, linux"),
        ([], {"CIBW_LOG_FOLD_MODE": "paper"}, 2, "Valid modes: azure, github, gitlab, travis, disabled"),
        ([], {"CIBW_BIULD": "*"}, 2, "CIBW_BUILD"),
        (["--config-file", "other.toml"], {}, 2, "other.toml is missing"),
    ],
)
def test_mistakes_end_with_a_code_and_a_message(
    cibw: Caller, arguments: list[str], variables: dict[str, str], exit_code: int, words: str
) -> None:
    for name, value in variables.items():
        cibw.environment.setenv(name, value)
    called = cibw("plan", *arguments)
    assert (called.exit_code, called.stdout) == (exit_code, "")
    assert words in " ".join(called.stderr.split())
    assert "Traceback" not in called.stderr


def test_nothing_selected_may_be_allowed(cibw: Caller) -> None:
    cibw.environment.setenv("CIBW_SKIP", "*")
    assert cibw("plan", "--allow-empty").exit_code == 0


@pytest.mark.parametrize(("arguments", "variable"), [(["--debug-traceback"], ""), ([], "1")])
def test_a_traceback_comes_where_it_is_wanted(cibw: Caller, arguments: list[str], variable: str) -> None:
    cibw.environment.setenv("CIBW_DEBUG_TRACEBACK", variable)
    with pytest.raises(Exception, match="The package nowhere is missing"):
        cibw("plan", "nowhere", *arguments)


def test_what_the_system_refuses_is_no_traceback(cibw: Caller) -> None:
    called = cibw("plan", "x" * 300)
    assert called.exit_code == 1
    assert "The operating system reported an error" in called.stderr
    assert "--debug-traceback" in called.stderr


@pytest.mark.parametrize("option", ["--output-dir", ""])
def test_nothing_is_built_where_nothing_can_be_written(cibw: Caller, option: str) -> None:
    (cibw.directory / "file").touch()
    if option:
        called = cibw("--engine", "docker", option, "file/wheels")
    else:
        cibw.environment.setenv("CIBW_CACHE_PATH", "file/cache")
        called = cibw("--engine", "docker")
    assert called.exit_code == 2
    told = " ".join(called.stderr.split())
    assert ("Cannot write to the output directory" if option else "Cannot use the cache directory") in told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RecursionError("too deep, hush-hush"), "Internal error: RecursionError."),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "no"), "Internal error: UnicodeEncodeError."),
        (MemoryError(), "cibw ran out of memory."),
    ],
)
def test_what_nobody_expected_is_told_in_one_error(
    cibw: Caller, tmp_path: Path, error: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_session: Session) -> int:
        raise error

    cibw.environment.setenv("A_TOKEN", "hush-hush")
    cibw.environment.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["plan"], fail) == 1
    told = capsys.readouterr().err
    assert words in " ".join(told.split())
    assert "Traceback" not in told
    (saved,) = tmp_path.glob("cibw-fault-*.txt")
    assert str(saved) in "".join(told.split())
    assert "Traceback" in saved.read_text("utf-8")
    assert "hush-hush" not in saved.read_text("utf-8")


@pytest.mark.usefixtures("cibw")
def test_an_interrupt_ends_with_130() -> None:
    def interrupt(_session: Session) -> int:
        raise KeyboardInterrupt

    assert main(["plan"], interrupt) == 130


@pytest.mark.parametrize("columns", ["9" * 5000, "\u00b2", "-1", "", "0", "x"])
def test_a_width_that_is_no_number_is_not_used(cibw: Caller, columns: str) -> None:
    cibw.environment.setenv("COLUMNS", columns)
    assert cibw("plan").exit_code == 0


@pytest.mark.parametrize("jobs", ["9" * 5000, "\u00b2", "1e9", "0", "-1", ""])
def test_jobs_that_are_no_number_are_a_wrong_command_line(cibw: Caller, jobs: str) -> None:
    called = cibw(f"--jobs={jobs}")
    assert called.exit_code == 2
    assert "is not a positive integer" in called.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps variables as text")
def test_a_byte_that_is_no_text_may_stand_in_any_variable(cibw: Caller) -> None:
    for name in ("A_TOKEN", "FOO", "LANG", "GITHUB_REF", "COLUMNS"):
        cibw.environment.setenv(name, "x\udcff\udc9b31m")
    assert cibw("plan").exit_code == 0
    cibw.environment.setenv("CIBW_TEST_COMMAND", "echo \udcff")
    called = cibw("plan")
    assert called.exit_code == 2
    assert "CIBW_TEST_COMMAND" in called.stderr
    assert "contains a byte that is not UTF-8 (at character 6)" in " ".join(called.stderr.split())
