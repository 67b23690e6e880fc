"""The guard ends what a killed program has started, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builds import ROOT
from tests.test_interrupts import nap, running
from tests.test_killed_runs import guards_of, kill_running, wait_until

pytestmark = pytest.mark.host
PARENT = """
import subprocess, sys, time
from cibw.execution.host.processes import GUARD
own, foreign = sys.argv[1].split(), sys.argv[2].split()
ended = subprocess.Popen(["true"], start_new_session=True)
GUARD.begin(ended.pid)
ended.wait()
GUARD.end(ended.pid)
process = subprocess.Popen(own, start_new_session=True)
GUARD.begin(process.pid, is_service=len(sys.argv) > 3)
left = subprocess.Popen(foreign, start_new_session=True)
GUARD.begin(left.pid)
GUARD.end(left.pid)
print("ready", flush=True)
sys.stdin.readline()
again = subprocess.Popen(own, start_new_session=True)
GUARD.begin(again.pid)
print("ready", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def foreign() -> Iterator[str]:
    sleep = nap()
    yield sleep
    kill_running(sleep)


def start(own: str, foreign: str, *more: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, own, foreign, *more],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    read_ready(process)
    return process


def read_ready(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"


def test_only_what_was_begun_and_has_not_ended_is_killed(foreign: str) -> None:
    own = nap()
    with start(own, foreign) as process:
        assert running(own)
        process.kill()
    wait_until(lambda: not running(own), "it has ended")
    assert running(foreign)


def test_a_guard_that_was_killed_is_replaced(foreign: str) -> None:
    own = nap()
    with start(own, foreign) as process:
        for pid in guards_of(process.pid):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not guards_of(process.pid), "the guard has ended")
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        read_ready(process)
        process.kill()
    wait_until(lambda: not running(own), "both have ended")


def test_the_guard_outlives_the_signals_of_a_terminal(foreign: str) -> None:
    own = nap()
    with start(own, foreign) as process:
        for pid in guards_of(process.pid):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(pid, number)
        process.kill()
    wait_until(lambda: not running(own), "it has ended")


def test_a_service_is_asked_to_end_first(foreign: str, tmp_path: Path) -> None:
    program = tmp_path / "service"
    lines = ["#!/bin/sh", f"trap 'touch {tmp_path}/asked; exit' TERM", f"touch {tmp_path}/begun"]
    program.write_text("\n".join([*lines, "while :; do sleep 0.1; done", ""]))
    program.chmod(0o755)
    with start(str(program), foreign, "service") as process:
        wait_until((tmp_path / "begun").exists, "the service can be asked")
        process.kill()
    wait_until(lambda: not running(str(program)), "it has ended")
    assert (tmp_path / "asked").exists()
