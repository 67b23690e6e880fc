"""cibw itself is killed: what it started ends, and the next run finds a clean room."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from zipfile import ZipFile

import pytest

from cibw.resources import end_processes
from tests.builds import Ran, build, command, copy_project, environment, run_cibw, selected
from tests.test_interrupts import nap, running

SECONDS = 600.0
IDENTIFIER = "cp311-manylinux_x86_64"
ON_HOST = ("--engine", "host")
DAEMON = """
import os, sys
if os.fork():
    sys.exit()
os.setsid()
if os.fork():
    sys.exit()
os.chdir("/")
for descriptor in range(3):
    os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
os.execvp(sys.argv[1], sys.argv[1:])
"""
GENERATOR = """
import pathlib, subprocess, sys
version = pathlib.Path("version.txt").read_text()
pathlib.Path(sys.argv[1]).touch()
subprocess.run(sys.argv[2:])
pathlib.Path("generated.py").write_text(version)
"""


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for a condition; a busy computer may take its time."""
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)


@contextmanager
def cibw_running(project: Path, settings: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run of cibw, whose output goes to a file, so that no pipe ends with it."""
    with (project.parent / "output").open("wb") as output:
        process = subprocess.Popen(
            command(*arguments),
            cwd=project,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def kill_in(project: Path, settings: Mapping[str, str], mark: Path, *arguments: str) -> None:
    """Kill cibw as soon as a command of the build has made a file."""
    with cibw_running(project, settings, *arguments) as process:
        wait_until(lambda: mark.exists() or process.poll() is not None, f"{mark} is there")
        assert process.poll() is None, (project.parent / "output").read_text(encoding="utf-8")
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    directory = tmp_path / "temporary"
    directory.mkdir()
    return directory


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project("c", tmp_path)


def settings_of(temporary: Path, **settings: str) -> dict[str, str]:
    return {**selected(IDENTIFIER), "CIBW_TEST_COMMAND": "", "TMPDIR": str(temporary), **settings}


WAYS = [
    pytest.param("{sleep}", id="plain"),
    pytest.param("{sleep} & wait", id="background"),
    pytest.param("nohup {sleep} >/dev/null 2>&1 & {sleep}", id="nohup"),
    pytest.param("setsid {sleep} & {sleep}", id="another-session"),
    pytest.param("{python} {daemon} {sleep}; {sleep}", id="daemon"),
    pytest.param("env -i setsid {sleep} & {sleep}", id="no-environment"),
]


@pytest.mark.host
@pytest.mark.parametrize("way", WAYS)
def test_all_processes_of_a_killed_run_end(way: str, project: Path, tmp_path: Path, temporary: Path) -> None:
    sleep, mark = nap(), tmp_path / "mark"
    (tmp_path / "daemon.py").write_text(DAEMON)
    line = way.format(sleep=sleep, python=sys.executable, daemon=tmp_path / "daemon.py")
    kill_in(project, settings_of(temporary, CIBW_BEFORE_BUILD=f"touch {mark}; {line}"), mark, *ON_HOST)
    wait_until(lambda: not running(sleep), "all processes have ended")


@pytest.mark.host
@pytest.mark.parametrize(
    "hook", ["CIBW_BEFORE_ALL", "CIBW_BEFORE_TEST", "CIBW_TEST_COMMAND", "CIBW_REPAIR_WHEEL_COMMAND"]
)
def test_processes_of_every_step_end(hook: str, project: Path, tmp_path: Path, temporary: Path) -> None:
    sleep, mark = nap(), tmp_path / "mark"
    settings = settings_of(temporary, CIBW_TEST_COMMAND="true") | {hook: f"touch {mark}; {sleep} & {sleep}"}
    kill_in(project, settings, mark, *ON_HOST)
    wait_until(lambda: not running(sleep), "all processes have ended")


@pytest.mark.host
def test_the_next_run_gets_none_of_what_a_killed_one_would_have_written(
    project: Path, tmp_path: Path, temporary: Path
) -> None:
    sleep, mark = nap(), tmp_path / "mark"
    (project / "gen.py").write_text(GENERATOR)
    (project / "version.txt").write_text("old")
    line = f"cd {{project}} && {sys.executable} gen.py {mark}"
    kill_in(project, settings_of(temporary, CIBW_BEFORE_BUILD=f"{line} {sleep}"), mark, *ON_HOST)
    (project / "version.txt").write_text("new")
    seen = tmp_path / "seen"
    after = f"{line} true && cat generated.py >{seen}"
    ran = build(project, *ON_HOST, settings=settings_of(temporary, CIBW_BEFORE_BUILD=after))
    assert seen.read_text() == "new"
    assert {path.name for path in ran.output_dir.iterdir()} == {
        *(w.name for w in ran.wheels),
        "report.json",
        "dist.json",
        "logs",
    }
    wait_until(lambda: not running(sleep), "all processes have ended")


@pytest.mark.host
def test_a_directory_in_which_an_orphan_lives_is_not_used(project: Path, tmp_path: Path, temporary: Path) -> None:
    """The guard was killed as well, so that nothing has ended the orphan."""
    sleep, mark, place = nap(), tmp_path / "mark", tmp_path / "place"
    orphan = f"pwd >{place}; touch {mark}; {sleep} & wait"
    with cibw_running(project, settings_of(temporary, CIBW_BEFORE_BUILD=orphan), *ON_HOST) as process:
        wait_until(mark.exists, "the command runs")
        for pid in guards_of(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
    try:
        settings = settings_of(temporary, CIBW_BEFORE_BUILD=f"pwd >{tmp_path / 'other'}")
        ran = build(project, *ON_HOST, settings=settings)
        check_whole(ran)
        assert running(sleep)
        assert (tmp_path / "other").read_text() != place.read_text()
    finally:
        kill_running(sleep)
    build(project, *ON_HOST, settings=settings)
    assert (tmp_path / "other").read_text() == place.read_text()


@pytest.mark.host
def test_leftovers_of_a_killed_run_are_removed_by_the_next(project: Path, tmp_path: Path, temporary: Path) -> None:
    sleep, mark = nap(), tmp_path / "mark"
    settings = settings_of(temporary, CIBW_TEST_COMMAND=f"touch {mark}; {sleep}")
    kill_in(project, settings, mark, *ON_HOST)
    assert list((project / "wheelhouse").glob(".cibw-*"))
    assert list(temporary.glob("cibw-*/*"))
    wait_until(lambda: not running(sleep), "all processes have ended")
    ran = build(project, *ON_HOST, settings=settings_of(temporary))
    check_whole(ran)
    assert list(temporary.glob("cibw-*/*")) == []


@pytest.mark.host
def test_what_a_command_leaves_in_the_background_ends_with_the_run(project: Path, temporary: Path) -> None:
    sleep = nap()
    build(project, *ON_HOST, settings=settings_of(temporary, CIBW_BEFORE_BUILD=f"{sleep} >/dev/null 2>&1 &"))
    wait_until(lambda: not running(sleep), "the process has ended")


@pytest.mark.host
def test_a_build_of_an_sdist_ends_with_cibw(tmp_path: Path, temporary: Path) -> None:
    sleep, mark = nap(), tmp_path / "mark"
    project = tmp_path / "slow"
    project.mkdir()
    script = f"import pathlib, subprocess\npathlib.Path({str(mark)!r}).touch()\nsubprocess.run({sleep.split()!r})\n"
    (project / "setup.py").write_text(f"{script}from setuptools import setup\nsetup(name='slow', version='1')\n")
    kill_in(project, {"TMPDIR": str(temporary)}, mark, "sdist")
    wait_until(lambda: not running(sleep), "all processes have ended")
    (project / "setup.py").write_text("from setuptools import setup\nsetup(name='slow', version='1')\n")
    ran = run_cibw(project, "sdist", settings={"TMPDIR": str(temporary)})
    assert ran.exit_code == 0, ran.output
    assert {path.name for path in (project / "dist").iterdir()} == {"slow-1.tar.gz", "dist.json"}


def check_whole(ran: Ran) -> None:
    assert len(ran.wheels) == 1, ran.output
    with ZipFile(ran.wheels[0]) as archive:
        assert archive.testzip() is None
    assert {path.name for path in ran.output_dir.iterdir()} == {ran.wheels[0].name, "report.json", "dist.json", "logs"}


def guards_of(pid: int) -> list[int]:
    """The shells that watch over a run: its children that run no command of the build."""
    children = [process for process in end_processes.processes() if process.parent == pid]
    return [one.pid for one in children if b"cibw-guard" in Path(f"/proc/{one.pid}/cmdline").read_bytes()]


def kill_running(words: str) -> None:
    """Kill the processes whose command lines hold some words that nothing else has."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if words.encode() in path.read_bytes().replace(b"\0", b" "):
                os.kill(int(path.parent.name), signal.SIGKILL)
    wait_until(lambda: not running(words), "they have ended")
