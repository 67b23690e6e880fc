from __future__ import annotations

from pathlib import Path

import pytest

from cibw.errors import CibwError, CommandFailedError, ErrorContext, RepairedWheelError
from cibw.execution.diagnostics import stray_libraries
from unit_test.execution.trials import Trial, job_of

FILES = ("src/a.c", "src/pkg/_core.cpython-311-darwin.so", "build/lib/x.so", ".git/objects/x.so", "notes.so.txt")
FOUND = "src/pkg/_core.cpython-311-darwin.so, build/lib/x.so."


@pytest.mark.parametrize("kind", [CommandFailedError, RepairedWheelError])
@pytest.mark.parametrize("step", ["build", "repair"])
def test_a_failure_names_compiled_modules_of_the_project(kind: type[CibwError], step: str) -> None:
    hint = stray_libraries(kind("failed", context=ErrorContext(step=step)), FILES)
    assert f"The project contains compiled modules: {FOUND} Modules from an in-place build" in hint


def test_many_compiled_modules_are_counted() -> None:
    files = tuple(f"m{number}.so" for number in range(11))
    hint = stray_libraries(CommandFailedError("failed", context=ErrorContext(step="build")), files)
    assert "m7.so and 3 more." in hint


@pytest.mark.parametrize(("step", "files"), [("test", FILES), ("set up", FILES), ("build", ("src/a.c",))])
def test_other_failures_and_clean_projects_name_none(step: str, files: tuple[str, ...]) -> None:
    assert not stray_libraries(CommandFailedError("failed", context=ErrorContext(step=step)), files)


def test_a_failed_build_of_a_run_has_the_hint(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.files = ("x.so",)
    trial.fail_for("cp310")
    [result] = trial.go(job_of("one", "cp310")).results
    assert result.failure is not None
    assert "The project contains compiled modules: x.so." in result.failure.hint
