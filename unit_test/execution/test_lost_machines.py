"""A machine that is lost takes down the build that runs on it, and no other one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cibw.errors import EngineUnavailableError, InterruptedRunError
from cibw.execution.host.machine import HostMachine
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer, RecordingMachine
from unit_test.execution.trials import PATIENCE, Trial, job_of, statuses
from unit_test.execution.wheels import wheel_bytes


class Mortal(RecordingMachine):
    """Is lost when the build of cp310 begins."""

    is_lost = False

    def remove(self, path: str) -> None:
        if self.is_lost:
            raise EngineUnavailableError("the container does not answer")
        super().remove(path)


def mortal_machines(trial: Trial) -> list[Mortal]:
    machines: list[Mortal] = []

    def answer(request: CommandRequest) -> Answer:
        if request.argv[:2] == ("build", "cp310"):
            machines[-1].is_lost = True
            raise EngineUnavailableError("the container went away")
        return trial.succeed(request)

    def make() -> Mortal:
        machines.append(Mortal(answer))
        return machines[-1]

    trial.make_machine = make
    return machines


@pytest.mark.parametrize("before_all", [True, False])
def test_the_next_build_gets_another_machine(before_all: bool, tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    machines = mortal_machines(trial)
    report = trial.go(job_of("one", "cp310", "cp311", before_all=before_all), keep_going=True)
    assert statuses(report) == ["failed", "built"]
    assert report.exit_code == EngineUnavailableError.exit_code
    assert len(machines) == trial.closed == 2
    # Nothing was frozen that the other machine could start from.
    assert trial.forks == 0
    assert ("prepare",) in [request.argv for request in machines[1].requests] or not before_all


def test_a_wheel_counts_though_its_machine_is_lost_afterwards(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def make() -> Mortal:
        machine = Mortal(trial.answer)
        machine.is_lost = True
        return machine

    trial.make_machine = make
    report = trial.go(job_of("one", "cp310", "cp311"))
    assert statuses(report) == ["built", "built"]
    assert len(trial.machines) == 2


def test_a_fault_of_the_program_leaves_no_build_waiting_for_a_wheel(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    claimed = threading.Event()

    def answer(request: CommandRequest) -> Answer:
        match request.argv:
            case ("test", "cp310"):
                claimed.set()
                raise ZeroDivisionError
            case ("build", python, directory):
                _ = python == "cp310" or claimed.wait(PATIENCE)
                name = "hello-1.0-cp310-abi3-manylinux_2_17_x86_64.whl"
                return Answer(files={f"{directory}/{name}": wheel_bytes(native=True)})
            case _:
                return Answer()

    trial.answer = answer
    with pytest.raises(ZeroDivisionError):
        trial.go(job_of("one", "cp310", "cp311", tested=True), side_by_side=2)


def test_a_machine_that_is_stopped_while_its_build_waits_is_not_lent_again(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    both = threading.Barrier(2, timeout=PATIENCE)
    stopped: list[RecordingMachine] = []

    def answer(request: CommandRequest) -> Answer:
        if request.argv[0] != "build":
            return Answer()
        _, python, directory = request.argv
        if python == "cp312":
            return trial.succeed(request)
        both.wait()
        if python == "cp311":
            assert trial.stopped.wait(PATIENCE)
            stopped.append(next(one for one in trial.machines if request in one.asked))
            raise InterruptedRunError("stopped")
        return Answer(files={f"{directory}/hello-1.0-cp310-abi3-manylinux_2_17_x86_64.whl": wheel_bytes(native=True)})

    trial.answer = answer
    report = trial.go(job_of("one", "cp310", "cp311", "cp312"), side_by_side=2)
    assert statuses(report) == ["built", "reused", "reused"]
    assert isinstance(stopped[0].asked[-1], CommandRequest)


def test_a_closed_host_starts_nothing() -> None:
    host = HostMachine({})
    host.close()
    with pytest.raises(InterruptedRunError):
        host.run(CommandRequest(argv=("true",), cwd="/", environment={}), lambda _line, _is_error: None)
