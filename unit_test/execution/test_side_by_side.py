from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from cibw.errors import InterruptedRunError
from cibw.model.events import BuildStarted, JobStarted
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer
from unit_test.execution.container.test_machine import SPEC
from unit_test.execution.trials import PATIENCE, Trial, job_of, statuses
from unit_test.execution.wheels import wheel_bytes


def test_builds_run_side_by_side_each_on_its_own_machine(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    meeting = threading.Barrier(3, timeout=PATIENCE)

    def meet(request: CommandRequest) -> Answer:
        if request.argv[0] == "build":
            meeting.wait()
        return trial.succeed(request)

    trial.answer = meet
    report = trial.go(job_of("one", "cp310", "cp311"), job_of("two", "cp312"), side_by_side=3)
    assert statuses(report) == ["built"] * 3
    assert [str(result.identifier)[:5] for result in report.results] == ["cp310", "cp311", "cp312"]
    assert len(trial.machines) == trial.closed == 3


def test_containers_open_at_the_same_time(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    meeting = threading.Barrier(2, timeout=PATIENCE)

    def meet(_check_cancelled: object) -> None:
        meeting.wait()

    trial.opening = meet
    job = replace(job_of("one", "cp310", "cp311"), machine=SPEC)
    assert statuses(trial.go(job, side_by_side=2)) == ["built"] * 2
    started = [event for event in trial.events if isinstance(event, JobStarted | BuildStarted)]
    assert [type(event) for event in started] == [JobStarted, BuildStarted, BuildStarted]


def test_a_container_waits_for_the_one_that_runs_before_all(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    job = replace(job_of("one", "cp310", "cp311", before_all=True), machine=SPEC)
    assert statuses(trial.go(job, side_by_side=2)) == ["built"] * 2
    prepared = [request.argv for machine in trial.machines for request in machine.requests]
    assert prepared.count(("prepare",)) == 1


def test_before_all_runs_once_and_the_other_machines_start_from_its_state(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    meeting = threading.Barrier(2, timeout=PATIENCE)

    def meet(request: CommandRequest) -> Answer:
        if request.argv[0] == "build":
            meeting.wait()
        return trial.succeed(request)

    trial.answer = meet
    report = trial.go(job_of("one", "cp310", "cp311", before_all=True), side_by_side=2)
    assert statuses(report) == ["built"] * 2
    assert trial.forks == 1
    assert trial.frozen_at == [2]
    assert [request.argv for machine in trial.machines for request in machine.requests].count(("prepare",)) == 1


def test_neighbours_of_a_failure_come_to_their_end(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    both = threading.Barrier(2, timeout=PATIENCE)

    def answer(request: CommandRequest) -> Answer:
        if "cp312" not in request.argv:
            both.wait()
        return Answer(exit_code=1) if "cp310" in request.argv else trial.succeed(request)

    trial.answer = answer
    report = trial.go(job_of("one", "cp310", "cp311", "cp312"), side_by_side=2)
    assert statuses(report)[:2] == ["failed", "built"]
    assert report.exit_code == 1


def test_the_highest_rank_goes_first(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.rank = lambda build: build.identifier.interpreter.minor
    trial.go(job_of("one", "cp310", "cp311", "cp312"))
    order = [request.argv[1] for request in trial.machines[0].requests if request.argv[0] == "build"]
    assert order == ["cp312", "cp311", "cp310"]


def test_a_finished_abi3_wheel_ends_the_builds_that_it_serves(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    both = threading.Barrier(2, timeout=PATIENCE)
    tries: list[str] = []

    def answer(request: CommandRequest) -> Answer:
        if request.argv[0] != "build":
            return Answer()
        _, python, directory = request.argv
        tries.append(python)
        both.wait()
        if python == "cp311":
            assert trial.stopped.wait(PATIENCE)
            raise InterruptedRunError("stopped")
        return Answer(files={f"{directory}/hello-1.0-cp310-abi3-manylinux_2_17_x86_64.whl": wheel_bytes(native=True)})

    trial.answer = answer
    report = trial.go(job_of("one", "cp310", "cp311"), side_by_side=2)
    assert statuses(report) == ["built", "reused"]
    assert sorted(tries) == ["cp310", "cp311"]
    assert report.results[0].wheel == report.results[1].wheel


PYTHONS = ("cp310", "cp311", "cp313")
TAGS = {
    "of-each-python": {python: f"{python}-abi3" for python in PYTHONS},
    "of-the-oldest": dict.fromkeys(PYTHONS, "cp310-abi3"),
    "from-the-second": {"cp310": "cp310-cp310", "cp311": "cp311-abi3", "cp313": "cp313-abi3"},
    "from-the-second-for-the-first": {"cp310": "cp310-cp310", "cp311": "cp310-abi3", "cp313": "cp310-abi3"},
    "of-the-oldest-alone": {"cp310": "cp310-abi3", "cp311": "cp311-cp311", "cp313": "cp313-cp313"},
    "of-the-second-alone": {"cp310": "cp310-cp310", "cp311": "cp311-abi3", "cp313": "cp313-cp313"},
    "of-none": {python: f"{python}-{python}" for python in PYTHONS},
    "of-any": dict.fromkeys(PYTHONS, "py3-none"),
    "of-any-from-each": {python: f"{python.replace('cp', 'py')}-none" for python in PYTHONS},
    "wrong": dict.fromkeys(PYTHONS, "cp310-cp310"),
}


def ended_in(order: tuple[str, ...], tags: Mapping[str, str], trial: Trial) -> Callable[[CommandRequest], Answer]:
    """Builds that begin together, and whose commands end in an order; what is built again does not wait."""
    begun = threading.Barrier(len(order) or 1, timeout=PATIENCE)
    ended = {python: threading.Event() for python in order}

    def answer(request: CommandRequest) -> Answer:
        if request.argv[0] != "build":
            return Answer()
        _, python, directory = request.argv
        if order and not ended[python].is_set():
            begun.wait()
            for earlier in order[: order.index(python)]:
                assert ended[earlier].wait(PATIENCE)
            ended[python].set()
        path = f"{directory}/hello-1.0-{tags[python]}-manylinux_2_17_x86_64.whl"
        return Answer(files={path: python.encode() + wheel_bytes(native=True)})

    trial.stop = lambda: None
    return answer


def outcome(trial: Trial, directory: Path, *, side_by_side: int) -> tuple[list[str], list[str], list[bytes]]:
    """How builds ended and by which wheels, and what the output directory holds."""
    report = trial.go(job_of("one", *PYTHONS, tested=True), side_by_side=side_by_side, keep_going=True)
    wheels = [result.wheel.filename if result.wheel else "" for result in report.results]
    ends = [f"{status} {wheel}" for status, wheel in zip(statuses(report), wheels, strict=True)]
    found = sorted(directory.glob("*.whl"))
    return ends, [path.name for path in found], [path.read_bytes()[:5] for path in found]


@pytest.mark.parametrize("order", list(permutations(PYTHONS)), ids="-".join)
@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_the_wheels_of_a_run_do_not_depend_on_which_build_ends_first(
    tags: Mapping[str, str], order: tuple[str, ...], tmp_path: Path
) -> None:
    alone, together = Trial(tmp_path / "alone"), Trial(tmp_path / "together")
    alone.answer = ended_in((), tags, alone)
    together.answer = ended_in(order, tags, together)
    expected = outcome(alone, tmp_path / "alone", side_by_side=1)
    assert outcome(together, tmp_path / "together", side_by_side=len(PYTHONS)) == expected


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_the_wheels_of_a_run_do_not_depend_on_which_build_begins_first(tags: Mapping[str, str], tmp_path: Path) -> None:
    usual, ranked = Trial(tmp_path / "usual"), Trial(tmp_path / "ranked")
    ranked.rank = lambda build: build.identifier.interpreter.minor
    for trial in (usual, ranked):
        trial.answer = ended_in((), tags, trial)
    expected = outcome(usual, tmp_path / "usual", side_by_side=1)
    assert outcome(ranked, tmp_path / "ranked", side_by_side=1) == expected


def test_a_fault_of_the_program_ends_the_run_and_is_raised(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def fault(request: CommandRequest) -> Answer:
        raise ZeroDivisionError(str(request))

    trial.answer = fault
    with pytest.raises(ZeroDivisionError):
        trial.go(job_of("one", "cp310", "cp311"))
    assert trial.closed == 1


def abi3_builds(trial: Trial, *, first_fails: bool) -> None:
    """Both builds make the same abi3 wheel; cp311 comes to its checks while cp310 is tested."""
    begun, claimed, made = threading.Event(), threading.Event(), threading.Event()

    def build(python: str, directory: str) -> Answer:
        if python == "cp310":
            assert begun.wait(PATIENCE)
        else:
            begun.set()
            assert claimed.wait(PATIENCE)
            made.set()
        return Answer(files={f"{directory}/hello-1.0-cp310-abi3-manylinux_2_17_x86_64.whl": wheel_bytes(native=True)})

    def test(python: str) -> Answer:
        if python != "cp310":
            return Answer()
        claimed.set()
        assert made.wait(PATIENCE)
        time.sleep(0.2)
        return Answer(exit_code=int(first_fails))

    def answer(request: CommandRequest) -> Answer:
        match request.argv:
            case ("build", python, directory):
                return build(python, directory)
            case ("test", python):
                return test(python)
            case _:
                return Answer()

    trial.answer = answer


def test_the_same_abi3_wheel_made_at_once_is_no_duplicate(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    abi3_builds(trial, first_fails=False)
    report = trial.go(job_of("one", "cp310", "cp311", tested=True), side_by_side=2)
    assert statuses(report) == ["built", "reused"]


def test_a_wheel_whose_namesake_fails_its_tests_is_made_again(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    abi3_builds(trial, first_fails=True)
    report = trial.go(job_of("one", "cp310", "cp311", tested=True), side_by_side=2, keep_going=True)
    assert statuses(report) == ["failed", "built"]
