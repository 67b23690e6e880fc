"""Ctrl-C and SIGTERM: containers go, processes end, and nothing half-written stays."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from cibw.model.events import Status
from tests.builds import Ran, command, copy_project, environment, selected
from tests.image_settings import image_settings
from tests.test_container_builds import ENGINES, leftovers, marked

DEADLINE_SECONDS = 600
ONE_BY_ONE = ("--jobs", "1")
SIGNALS = [
    pytest.param(signal.SIGINT, id="ctrl-c"),
    pytest.param(signal.SIGTERM, id="sigterm"),
    pytest.param(signal.SIGHUP, id="closed-terminal"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """Which signal goes to cibw, once a line of its output holds some words and `also` holds."""

    number: signal.Signals
    words: str
    also: Callable[[], bool] = lambda: True


def interrupt(project: Path, settings: Mapping[str, str], interruption: Interruption, *arguments: str) -> Ran:
    """Run cibw, interrupt it, and wait for its end."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=project,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            output = _until(process, interruption.words)
            _wait(interruption.also)
            _send(process, interruption.number)
            output += process.communicate(timeout=DEADLINE_SECONDS)[0]
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return Ran(exit_code=process.returncode, output=output, output_dir=project / "wheelhouse")


def _until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if words in line:
            return output
    raise AssertionError(output)


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def _send(process: subprocess.Popen[str], number: signal.Signals) -> None:
    # A terminal sends Ctrl-C to the whole foreground group, a service manager SIGTERM to the program.
    if number is signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)


def running(words: str) -> list[str]:
    """The command lines of this computer's processes, those of containers too, that hold some words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if words in line:
                found.append(line)
    return found


def asleep(words: str) -> int:
    """How many processes are this command itself, and no shell that runs it."""
    return sum(line.startswith(words) for line in running(words))


def nap() -> str:
    """A sleep that no other test sleeps."""
    return f"sleep 3{time.time_ns() % 10**9}"


def check_interrupted(ran: Ran) -> None:
    assert ran.exit_code == 130, ran.output
    assert "interrupted" in ran.output
    assert "Traceback" not in ran.output
    assert {path.name for path in ran.output_dir.iterdir()} == {
        *(path.name for path in ran.wheels),
        *("report.json", "dist.json", "logs"),
    }
    assert ran.report.exit_code == 130


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("number", SIGNALS)
def test_the_container_goes(engine: str, number: signal.Signals, tmp_path: Path) -> None:
    project, sleep = copy_project("c", tmp_path), nap()
    mark = uuid.uuid4().hex
    settings = {
        **image_settings("manylinux_x86_64"),
        **marked(engine, mark),
        **selected("cp311-manylinux_x86_64", "cp312-manylinux_x86_64"),
        # The quotes tell what the command writes from the command itself, which is written out too.
        "CIBW_BEFORE_BUILD": f"case $CIBUILDWHEEL_BUILD_IDENTIFIER in cp312*) echo as''leep; {sleep}; esac",
        "CIBW_TEST_COMMAND": "",
    }
    ran = interrupt(
        project,
        settings,
        Interruption(number=number, words="asleep", also=lambda: asleep(sleep) == 1),
        *ONE_BY_ONE,
        "--engine",
        engine,
    )
    check_interrupted(ran)
    assert leftovers(engine, mark) == ""
    assert not running(sleep)
    assert [result.status for result in ran.results.values()] == [Status.BUILT, Status.FAILED]
    assert [wheel.name.split("-")[2] for wheel in ran.wheels] == ["cp311"]


@pytest.mark.host
@pytest.mark.parametrize("number", SIGNALS)
def test_processes_and_directories_of_the_host_go(number: signal.Signals, tmp_path: Path) -> None:
    project, sleep, temporary = copy_project("c", tmp_path), nap(), tmp_path / "temporary"
    temporary.mkdir()
    settings = {
        **selected("cp311-manylinux_x86_64", "cp312-manylinux_x86_64"),
        "CIBW_TEST_COMMAND": f"{sleep} & {sleep}",
        "TMPDIR": str(temporary),
    }
    ran = interrupt(
        project,
        settings,
        Interruption(number=number, words=sleep, also=lambda: asleep(sleep) == 2),
        *ONE_BY_ONE,
        "--engine",
        "host",
    )
    check_interrupted(ran)
    assert not running(sleep)
    assert not [path for path in temporary.glob("cibw-*/*") if path.suffix != ".lock"]
    assert not ran.wheels
    assert [result.status for result in ran.results.values()] == [Status.FAILED, Status.CANCELLED]


@pytest.mark.docker
def test_builds_side_by_side_all_end(tmp_path: Path) -> None:
    project, sleep, mark = copy_project("c", tmp_path), nap(), uuid.uuid4().hex
    settings = {
        **image_settings("manylinux_x86_64"),
        **marked("docker", mark),
        **selected("cp311-manylinux_x86_64", "cp312-manylinux_x86_64"),
        "CIBW_BEFORE_ALL": "echo as''leep",
        "CIBW_BEFORE_BUILD": sleep,
    }
    # Both are asleep; the shells that have started them have the same words behind their own.
    both = Interruption(number=signal.SIGTERM, words="before-all", also=lambda: asleep(sleep) == 2)
    ran = interrupt(project, settings, both, "--jobs", "2", "--engine", "docker")
    check_interrupted(ran)
    assert leftovers("docker", mark) == ""
    assert not running(sleep)
    assert [result.status for result in ran.results.values()] == [Status.FAILED, Status.FAILED]


@pytest.mark.host
@pytest.mark.parametrize("is_ignored", [True, False], ids=["without-a-signal", "with-its-signal"])
def test_a_terminal_that_has_gone_is_an_interrupt(is_ignored: bool, tmp_path: Path) -> None:
    """Where the signal is ignored, it is the next write to the terminal that fails."""
    project, mark, go = copy_project("c", tmp_path), tmp_path / "mark", tmp_path / "go"
    settings = {
        **selected("cp311-manylinux_x86_64"),
        "CIBW_BEFORE_BUILD": f"touch {mark}; until [ -e {go} ]; do sleep 0.1; done",
        "CIBW_TEST_COMMAND": "",
    }
    master, slave = os.openpty()
    how = "--ignore-signal=HUP" if is_ignored else "--default-signal=HUP"
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", "env", how, *command("--engine", "host")],
        cwd=project,
        env=environment(settings),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    with process:
        try:
            deadline = time.monotonic() + DEADLINE_SECONDS
            while not mark.exists():
                assert time.monotonic() < deadline
                assert process.poll() is None, os.read(master, 1 << 16)
                time.sleep(0.05)
            os.close(master)
            go.touch()
            assert process.wait(DEADLINE_SECONDS) == 130
        finally:
            process.kill()
    assert not list((project / "wheelhouse").glob(".cibw-*"))
