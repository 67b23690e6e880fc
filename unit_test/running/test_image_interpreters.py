from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import InterpreterMissingError
from cibw.model.command import Request
from cibw.model.plan import Job, Step, StepName, WheelBuild
from cibw.running.recording import Answer
from unit_test.running.test_container import SPEC
from unit_test.running.test_flow import run
from unit_test.running.trials import Trial, job_of, statuses


def path_of(python: str) -> str:
    return f"/opt/python/{python}-{python}/bin/python"


def in_image(build: WheelBuild) -> WheelBuild:
    path = path_of(str(build.identifier).partition("-")[0])
    ensure = run("sh", "-c", f"test -x '{path}' || manylinux-interpreters ensure cp310-cp310")
    return replace(build, python=path, prepare=Step(name=StepName.SET_UP, actions=(ensure,)))


def job(*pythons: str, before_all: bool = False) -> Job:
    plain = job_of("manylinux_x86_64", *pythons, before_all=before_all)
    return replace(plain, machine=SPEC, builds=tuple(in_image(build) for build in plain.builds))


def lacking(trial: Trial, *pythons: str) -> Callable[[Request], Answer]:
    """An image without some Pythons, and without what installs them."""

    def answer(request: Request) -> Answer:
        if "command -v manylinux-interpreters" in " ".join(request.argv):
            return Answer(stdout="".join(f"{path_of(python)}\n" for python in pythons))
        return trial.succeed(request)

    return answer


@pytest.mark.parametrize("side_by_side", [1, 2])
@pytest.mark.parametrize("before_all", [False, True])
def test_all_missing_interpreters_are_named_before_the_first_build(
    before_all: bool, side_by_side: int, tmp_path: Path
) -> None:
    trial = Trial(tmp_path)
    trial.answer = lacking(trial, "cp311", "cp313")
    report = trial.go(job("cp310", "cp311", "cp313", before_all=before_all), side_by_side=side_by_side)
    assert report.exit_code == InterpreterMissingError.exit_code
    assert "built" not in statuses(report)
    failure = next(result.failure for result in report.results if result.failure)
    assert failure.message == "\n".join(
        f"{path_of(python)} does not exist in the image {SPEC.image.reference}, but {python}-manylinux_x86_64 needs it."
        for python in ("cp311", "cp313")
    )
    programs = [request.argv[0] for machine in trial.machines for request in machine.requests]
    assert not {"build", "prepare"} & set(programs)


def test_an_image_with_all_interpreters_builds(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    assert statuses(trial.go(job("cp310", "cp311"))) == ["built", "built"]


def test_an_interpreter_that_an_image_cannot_install_is_named(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def answer(request: Request) -> Answer:
        if "|| manylinux-interpreters ensure" in " ".join(request.argv):
            return Answer(stderr="unknown tag", exit_code=1)
        return trial.succeed(request)

    trial.answer = answer
    [result] = trial.go(job("cp310")).results
    assert result.failure is not None
    assert result.failure.exit_code == InterpreterMissingError.exit_code
    assert result.failure.context.last_lines == ("unknown tag",)
    assert "could not install /opt/python/cp310-cp310/bin/python" in result.failure.message


def test_a_build_on_the_host_needs_no_interpreter_of_an_image(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.answer = lacking(trial, "cp310")
    assert statuses(trial.go(job_of("host", "cp310"))) == ["built"]
