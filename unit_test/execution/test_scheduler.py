from __future__ import annotations

import signal
from pathlib import Path

from cibw.errors import ImageUnavailableError, InterruptedRunError
from cibw.model.events import BuildFinished, BuildResult, RunFinished, Status
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer, Put, Remove
from unit_test.execution.trials import MAIN_THREAD, PATIENCE, Trial, job_of, statuses
from unit_test.execution.wheels import wheel_bytes


def test_all_is_built(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    report = trial.go(job_of("one", "cp310", "cp311"), job_of("two", "cp312"))
    assert statuses(report) == ["built"] * 3
    assert report.exit_code == 0
    assert len(list(tmp_path.iterdir())) == 3
    assert trial.closed == 2
    assert trial.events[-1] == RunFinished(report=report)
    finished = [event.result for event in trial.events if isinstance(event, BuildFinished)]
    assert finished == list(report.results)


def test_only_named_variables_pass(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.go(job_of("one", "cp310"))
    environment = trial.machines[0].requests[-1].environment
    assert environment["TOKEN"] == "x"
    assert "OTHER" not in environment


def test_scratch_is_removed_after_each_build(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.go(job_of("one", "cp310", "cp311"))
    removed = [asked.path for asked in trial.machines[0].asked if isinstance(asked, Remove)]
    # That of the last build goes with the machine.
    assert removed == ["/work/cp310-manylinux_x86_64"]


def test_a_failure_ends_the_run(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fail_for("cp310")
    report = trial.go(job_of("one", "cp39", "cp310", "cp311"), job_of("two", "cp312"))
    assert statuses(report) == ["built", "failed", "cancelled", "cancelled"]
    assert report.exit_code == 1
    assert len(trial.machines) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_keep_going_builds_the_rest(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fail_for("cp310")
    report = trial.go(job_of("one", "cp39", "cp310", "cp311"), job_of("two", "cp312"), keep_going=True)
    assert statuses(report) == ["built", "failed", "built", "built"]
    assert report.exit_code == 1


def test_a_failure_names_its_place_and_log(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fail_for("cp310")
    result: BuildResult = trial.go(job_of("one", "cp310")).results[0]
    assert result.failure is not None
    context = result.failure.context
    assert (context.identifier, context.step) == ("cp310-manylinux_x86_64", "build")
    assert context.log_file == result.log_file == "logs/cp310-manylinux_x86_64.log"


def test_a_machine_that_can_not_be_had_fails_all_its_builds(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fault = ImageUnavailableError("no such image")
    report = trial.go(job_of("one", "cp310", "cp311"), keep_going=True)
    assert statuses(report) == ["failed", "failed"]
    assert report.exit_code == 12


def test_an_interrupt_closes_the_machine_and_cancels_the_rest(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def interrupt(request: CommandRequest) -> Answer:
        if "cp311" not in request.argv:
            return trial.succeed(request)
        signal.pthread_kill(MAIN_THREAD, signal.SIGINT)
        assert trial.stopped.wait(PATIENCE)
        raise InterruptedRunError("stopped")

    trial.answer = interrupt
    report = trial.go(job_of("one", "cp310", "cp311", "cp312"), job_of("two", "cp313"), keep_going=True)
    assert statuses(report) == ["built", "failed", "cancelled", "cancelled"]
    assert report.exit_code == 130
    assert trial.closed == 1


def test_before_all_runs_in_the_project_before_it_becomes_the_source(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    report = trial.go(job_of("one", "cp310", before_all=True))
    machine = trial.machines[0]
    assert [asked.target for asked in machine.asked if isinstance(asked, Put)] == ["/project"]
    assert [request.argv for request in machine.requests][:2] == [("prepare",), ("mv", "/project", "/source")]
    assert report.exit_code == 0


def test_without_before_all_the_project_is_the_source(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.go(job_of("one", "cp310"))
    assert [asked.target for asked in trial.machines[0].asked if isinstance(asked, Put)] == ["/source"]


def test_a_failing_before_all_fails_its_builds(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.fail_for("prepare")
    report = trial.go(job_of("one", "cp310", before_all=True), job_of("two", "cp311"), keep_going=True)
    assert statuses(report) == ["failed", "built"]
    assert report.exit_code == 1


def test_the_same_wheel_from_two_builds_is_a_duplicate(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def answer(request: CommandRequest) -> Answer:
        name = "hello-1.0-cp310-cp310-manylinux_2_17_x86_64.whl"
        return Answer(files={f"{request.argv[-1]}/{name}": wheel_bytes(native=True)})

    trial.answer = answer
    report = trial.go(job_of("one", "cp310"), job_of("two", "cp311"))
    assert [result.status for result in report.results] == [Status.BUILT, Status.FAILED]
    assert report.exit_code == 6


def test_an_error_of_the_system_is_explained(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def refuse(request: CommandRequest) -> Answer:
        if "cp310" in request.argv:
            raise PermissionError(13, "Permission denied", "/x")
        return trial.succeed(request)

    trial.answer = refuse
    report = trial.go(job_of("one", "cp310", "cp311"), keep_going=True)
    assert statuses(report) == ["failed", "built"]
    assert report.exit_code == 1
    failure = report.results[0].failure
    assert failure is not None
    assert "Permission denied: '/x'" in failure.message
