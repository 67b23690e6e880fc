"""How a run ends when it can't go on."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cibw.errors import CibwError, InterruptedRunError
from cibw.model.events import Event, OutputLine, RunFinished
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer
from unit_test.execution.trials import MAIN_THREAD, PATIENCE, Trial, job_of, statuses


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_run_once_however_many_come(number: signal.Signals, tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def interrupt(_request: CommandRequest) -> Answer:
        signal.pthread_kill(MAIN_THREAD, number)
        assert trial.stopped.wait(PATIENCE)
        signal.pthread_kill(MAIN_THREAD, number)
        raise InterruptedRunError("stopped")

    trial.answer = interrupt
    before = signal.getsignal(number)
    report = trial.go(job_of("one", "cp310", "cp311"))
    assert statuses(report) == ["failed", "cancelled"]
    assert report.exit_code == 130
    assert trial.events[-1] == RunFinished(report=report)
    assert trial.closed == 1
    assert signal.getsignal(number) is before


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def hang_up(request: CommandRequest) -> Answer:
        signal.pthread_kill(MAIN_THREAD, signal.SIGHUP)
        return trial.succeed(request)

    trial.answer = hang_up
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        report = trial.go(job_of("one", "cp310"))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert statuses(report) == ["built"]


def test_an_interrupt_counts_whatever_it_breaks(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def interrupt(_request: CommandRequest) -> Answer:
        signal.pthread_kill(MAIN_THREAD, signal.SIGINT)
        assert trial.stopped.wait(PATIENCE)
        raise CibwError("the container went away")

    trial.answer = interrupt
    assert trial.go(job_of("one", "cp310")).exit_code == 130


def test_a_listener_that_fails_ends_the_run_in_good_order(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def fail(event: Event) -> None:
        trial.events.append(event)
        if isinstance(event, OutputLine):
            raise BrokenPipeError

    def answer(request: CommandRequest) -> Answer:
        if request.argv[0] != "build":
            return Answer(stdout="words")
        assert trial.stopped.wait(PATIENCE)
        raise InterruptedRunError("stopped")

    trial.emit = fail
    trial.answer = answer
    with pytest.raises(BrokenPipeError):
        trial.go(job_of("one", "cp310", before_all=True))
    last = trial.events[-1]
    assert isinstance(last, RunFinished)
    assert last.report.exit_code == 130
    assert trial.closed == 1


def test_an_interrupt_breaks_off_what_makes_a_machine_ready(tmp_path: Path) -> None:
    trial = Trial(tmp_path)

    def pull(check_cancelled: Callable[[], None]) -> None:
        signal.pthread_kill(MAIN_THREAD, signal.SIGINT)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            check_cancelled()
            time.sleep(0.01)

    trial.opening = pull
    report = trial.go(job_of("one", "cp310", "cp311"), side_by_side=2)
    assert statuses(report)[0] == "failed"
    assert report.exit_code == 130
    assert trial.machines == []


def test_all_machines_are_stopped_at_once(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    running, stopping = threading.Barrier(3, timeout=PATIENCE), threading.Barrier(3, timeout=PATIENCE)
    all_stopped = threading.Event()
    trial.stop = lambda: all_stopped.set() if stopping.wait() == 0 else None

    def interrupt(_request: CommandRequest) -> Answer:
        if running.wait() == 0:
            signal.pthread_kill(MAIN_THREAD, signal.SIGINT)
        assert all_stopped.wait(PATIENCE)
        raise InterruptedRunError("stopped")

    trial.answer = interrupt
    report = trial.go(job_of("one", "cp310", "cp311"), job_of("two", "cp312"), side_by_side=3)
    assert statuses(report) == ["failed"] * 3
    assert not stopping.broken
