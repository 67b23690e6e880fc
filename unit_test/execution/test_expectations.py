from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import CibwError
from cibw.execution.container.emulation import Processor
from cibw.execution.pool import job_budget, slowest_first
from cibw.model.events import BuildResult, Status
from cibw.model.identifiers import BuildIdentifier
from cibw.model.plan import Expectation, Job, Plan
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer
from unit_test.execution.trials import PATIENCE, Trial, job_of, statuses
from unit_test.execution.wheels import wheel_bytes

HOST = Processor(machine="x86_64")


def expecting(job: Job, maker: str, *waiting: str) -> Job:
    expects = Expectation(identifier=BuildIdentifier.parse(f"{maker}-manylinux_x86_64"), reason="abi3, by setup.cfg")
    builds = [
        replace(build, expects=expects) if str(build.identifier.interpreter) in waiting else build
        for build in job.builds
    ]
    return replace(job, builds=tuple(builds))


def abi3_job(*pythons: str) -> Job:
    """A job whose first Python makes the wheel that the others expect."""
    return expecting(job_of("one", *pythons, tested=True), *pythons)


def abi3_wheel(request: CommandRequest) -> Answer:
    if request.argv[0] != "build":
        return Answer()
    _, python, directory = request.argv
    path = f"{directory}/hello-1.0-{python}-abi3-manylinux_2_17_x86_64.whl"
    return Answer(files={path: wheel_bytes(native=True)})


def watched(trial: Trial, answer: Callable[[CommandRequest], Answer]) -> list[tuple[str, ...]]:
    """Let a trial answer so, and remember the first two words of each command that builds or tests."""
    seen: list[tuple[str, ...]] = []

    def watch(request: CommandRequest) -> Answer:
        if request.argv[0] in ("build", "test"):
            seen.append(request.argv[:2])
        return answer(request)

    trial.answer = watch
    return seen


@pytest.mark.parametrize("side_by_side", [1, 2, 4])
def test_one_build_makes_the_wheel_and_all_are_tested(side_by_side: int, tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    seen = watched(trial, abi3_wheel)
    report = trial.go(abi3_job("cp310", "cp311", "cp312", "cp313"), side_by_side=side_by_side)
    assert statuses(report) == ["built", "reused", "reused", "reused"]
    assert seen[:2] == [("build", "cp310"), ("test", "cp310")]
    assert sorted(seen[2:]) == [("test", "cp311"), ("test", "cp312"), ("test", "cp313")]
    assert len({result.wheel for result in report.results}) == 1


def test_the_tests_with_the_wheel_run_side_by_side(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    meeting = threading.Barrier(3, timeout=PATIENCE)

    def answer(request: CommandRequest) -> Answer:
        if request.argv[0] == "test" and request.argv[1] != "cp310":
            meeting.wait()
        return abi3_wheel(request)

    trial.answer = answer
    report = trial.go(abi3_job("cp310", "cp311", "cp312", "cp313"), side_by_side=3)
    assert statuses(report) == ["built", "reused", "reused", "reused"]


def test_the_next_machine_is_made_ready_meanwhile(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    session = threading.Semaphore(0)
    trial.opening = lambda _check_cancelled: session.release()

    def answer(request: CommandRequest) -> Answer:
        if request.argv[0] == "build":
            assert session.acquire(timeout=PATIENCE)
            assert session.acquire(timeout=PATIENCE)
        return abi3_wheel(request)

    trial.answer = answer
    report = trial.go(abi3_job("cp310", "cp311", "cp312"), side_by_side=2)
    assert statuses(report) == ["built", "reused", "reused"]
    assert len(trial.machines) == trial.closed == 2


def test_a_machine_that_is_not_to_be_had_fails_its_own_build_alone(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fault = CibwError("no machine")
    report = trial.go(abi3_job("cp310", "cp311"), side_by_side=2, keep_going=True)
    assert statuses(report) == ["failed", "failed"]
    assert [result.failure and result.failure.message for result in report.results] == ["no machine"] * 2


def test_other_builds_go_on_meanwhile(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    other_done = threading.Event()

    def answer(request: CommandRequest) -> Answer:
        if request.argv[:2] == ("build", "cp310"):
            assert other_done.wait(PATIENCE)
        if request.argv[:2] == ("test", "pp311"):
            other_done.set()
            return Answer()
        return trial.succeed(request) if request.argv[1:2] == ("pp311",) else abi3_wheel(request)

    trial.answer = answer
    job = expecting(job_of("one", "cp310", "cp311", "pp311", tested=True), "cp310", "cp311")
    assert statuses(trial.go(job, side_by_side=2)) == ["built", "reused", "built"]


@pytest.mark.parametrize("side_by_side", [1, 3])
def test_builds_run_as_usual_where_the_guess_was_wrong(side_by_side: int, tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    report = trial.go(abi3_job("cp310", "cp311", "cp312"), side_by_side=side_by_side)
    assert statuses(report) == ["built"] * 3
    assert len({result.wheel for result in report.results}) == 3


def test_builds_run_as_usual_where_the_expected_one_fails(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fail_for("cp310")
    report = trial.go(abi3_job("cp310", "cp311", "cp312"), side_by_side=2, keep_going=True)
    assert statuses(report) == ["failed", "built", "built"]


def test_a_failure_leaves_those_that_wait_undone(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fail_for("cp310")
    report = trial.go(abi3_job("cp310", "cp311", "cp312"), side_by_side=2)
    assert statuses(report) == ["failed", "cancelled", "cancelled"]


def test_a_fault_of_the_program_ends_those_that_wait(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def fault(request: CommandRequest) -> Answer:
        raise ZeroDivisionError(str(request))

    trial.answer = fault
    with pytest.raises(ZeroDivisionError):
        trial.go(abi3_job("cp310", "cp311", "cp312"), side_by_side=3)


def test_expecting_a_build_that_is_not_there_or_each_other_is_no_standstill(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    nobody = expecting(job_of("one", "cp310"), "cp39", "cp310")
    itself = expecting(job_of("two", "cp311", "cp312"), "cp311", "cp311", "cp312")
    assert statuses(trial.go(nobody, itself, side_by_side=2)) == ["built"] * 3


def test_a_wheel_of_another_job_is_not_waited_for(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    both = threading.Barrier(2, timeout=PATIENCE)

    def answer(request: CommandRequest) -> Answer:
        if request.argv[0] == "build":
            both.wait()
        return trial.succeed(request)

    trial.answer = answer
    jobs = (job_of("one", "cp310"), expecting(job_of("two", "cp311"), "cp310", "cp311"))
    assert statuses(trial.go(*jobs, side_by_side=2)) == ["built"] * 2


def shares(trial: Trial) -> dict[str, str]:
    """The share of the processors that each build had, of four."""
    return {
        request.argv[1]: request.environment["MAKEFLAGS"]
        for machine in trial.machines
        for request in machine.requests
        if request.argv[0] == "build"
    }


def test_a_build_that_others_wait_for_has_all_processors(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.answer = abi3_wheel
    trial.go(abi3_job("cp310", "cp311", "cp312"), side_by_side=2)
    assert shares(trial) == {"cp310": job_budget(4, 1)["MAKEFLAGS"]}


def test_the_last_builds_have_the_processors_of_those_that_have_ended(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.go(job_of("one", "cp310"), side_by_side=4)
    assert shares(trial) == {"cp310": "-j4"}
    one_by_one = Trial(tmp_path / "other")
    (tmp_path / "other").mkdir()
    one_by_one.go(job_of("one", "cp310", "cp311", "cp312"), side_by_side=1)
    assert set(shares(one_by_one).values()) == {"-j4"}


def test_builds_side_by_side_share_the_processors(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    meeting = threading.Barrier(2, timeout=PATIENCE)

    def answer(request: CommandRequest) -> Answer:
        if request.argv[0] == "build":
            meeting.wait()
        return trial.succeed(request)

    trial.answer = answer
    trial.go(job_of("one", "cp310", "cp311"), side_by_side=4)
    assert shares(trial) == {"cp310": "-j2", "cp311": "-j2"}


def test_a_build_that_others_expect_goes_before_its_equals() -> None:
    job = expecting(job_of("one", "pp311", "cp310", "cp311", "cp312"), "cp310", "cp311", "cp312")
    rank = slowest_first(Plan(jobs=(job,)), (), HOST)
    assert max(job.builds, key=rank).identifier == job.builds[1].identifier
    took = BuildResult(identifier=job.builds[0].identifier, status=Status.BUILT, seconds=60)
    quick = BuildResult(identifier=job.builds[1].identifier, status=Status.BUILT, seconds=1)
    known = slowest_first(Plan(jobs=(job,)), (took, quick), HOST)
    assert [known(build) for build in job.builds[:2]] == [60, 31.5]
