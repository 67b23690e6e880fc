"""Several runs write to one output directory: one after the other, and none loses what another has written."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from cibw.execution.files import HeldLock, take_lock
from tests.builds import command, copy_project, environment, run_cibw
from tests.test_killed_runs import SECONDS, wait_until

WAITING = "is in use by another cibw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of cibw in the background, whose output goes to a file."""

    process: subprocess.Popen[bytes]
    file: Path

    @property
    def output(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @property
    def waits(self) -> bool:
        return WAITING in self.output

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def start(stack: ExitStack, directory: Path, name: str, settings: Mapping[str, str], *arguments: str) -> Run:
    """Start cibw in a directory."""
    file = directory.parent / f"{name}.txt"
    with file.open("wb") as output:
        process = subprocess.Popen(
            ["env", "--default-signal=INT", *command(*arguments)],
            cwd=directory,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    run = Run(process=process, file=file)
    stack.callback(run.end)
    return run


def check_manifest(directory: Path, count: int) -> None:
    """Expect that `dist.json` lists exactly the distributions that are there, with their hashes."""
    listed = {
        entry["filename"]: entry["sha256"] for entry in json.loads((directory / "dist.json").read_text())["files"]
    }
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.glob("*.whl")}
    assert listed == there
    assert len(there) == count
    assert not list(directory.glob(".*"))


def hold(directory: Path) -> HeldLock:
    """Lock an output directory as a run of cibw does."""
    directory.mkdir(exist_ok=True)
    lock = take_lock(directory / ".cibw.lock")
    assert lock is not None
    lock.note("process 1 on there, since then")
    return lock


def artifact(directory: Path, tag: str) -> None:
    """A folder as a CI hands it on: one wheel."""
    directory.mkdir(parents=True)
    with ZipFile(directory / f"thing-1.0-{tag}-{tag}-manylinux2014_x86_64.whl", "w") as archive:
        archive.writestr("thing.py", tag)
        archive.writestr("thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        archive.writestr("thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("thing-1.0.dist-info/RECORD", "")


@pytest.mark.host
def test_the_second_build_waits_for_the_first(tmp_path: Path) -> None:
    project, go = copy_project("c", tmp_path), tmp_path / "go"
    began = {name: tmp_path / f"{name}.began" for name in ("cp311", "cp312")}

    def settings(name: str) -> dict[str, str]:
        hook = f"touch {began[name]}; until [ -e {go} ]; do sleep 0.1; done"
        return {"CIBW_BEFORE_BUILD": hook, "CIBW_TEST_COMMAND": ""}

    with ExitStack() as stack:
        runs = [
            start(stack, project, name, settings(name), "--engine", "host", "--only", f"{name}-manylinux_x86_64")
            for name in began
        ]
        wait_until(lambda: any(path.exists() for path in began.values()), "a build has begun")
        wait_until(
            lambda: all(path.exists() for path in began.values()) or any(run.waits for run in runs),
            "the other one waits",
        )
        go.touch()
        assert [run.process.wait(SECONDS) for run in runs] == [0, 0], [run.output for run in runs]
    check_manifest(project / "wheelhouse", 2)
    waiting = next(run.output for run in runs if run.waits)
    assert str(project / "wheelhouse") in waiting
    other = next(run for run in runs if not run.waits)
    assert f"process {other.process.pid} on" in waiting


@pytest.mark.host
def test_four_runs_collect_into_one_directory(tmp_path: Path) -> None:
    here = tmp_path / "here"
    tags = ("cp310", "cp311", "cp312", "cp313")
    for tag in tags:
        artifact(here / f"wheels-{tag}", tag)
    lock = hold(here / "dist")
    with ExitStack() as stack:
        runs = [start(stack, here, tag, {}, "collect", f"wheels-{tag}") for tag in tags]
        wait_until(lambda: all(run.waits or run.process.poll() is not None for run in runs), "all of them wait")
        assert all(run.waits for run in runs), [run.output for run in runs]
        lock.release(removes=True)
        assert [run.process.wait(SECONDS) for run in runs] == [0] * 4, [run.output for run in runs]
    check_manifest(here / "dist", 4)


@pytest.mark.host
@pytest.mark.parametrize("words", [("sdist", "--output-dir", "wheelhouse"), ("--engine", "host")])
def test_ctrl_c_ends_the_waiting(words: tuple[str, ...], tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    lock = hold(project / "wheelhouse")
    with ExitStack() as stack:
        run = start(stack, project, "run", {}, *words)
        wait_until(lambda: run.process.poll() is not None or run.waits, "it waits")
        assert "process 1 on there, since then" in run.output
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(SECONDS) == 130, run.output
    assert "Traceback" not in run.output
    lock.release(removes=True)
    assert list((project / "wheelhouse").iterdir()) == []


@pytest.mark.host
def test_the_lock_of_a_killed_run_holds_nobody_up(tmp_path: Path) -> None:
    here = tmp_path / "here"
    artifact(here / "wheels-cp311", "cp311")
    (here / "dist" / ".cibw-left").mkdir(parents=True)
    (here / "dist" / ".thing-1.0-cp311-cp311-manylinux2014_x86_64.whl.part").touch()
    (here / "dist" / ".cibw.lock").write_text("process 1 on there, since then")
    ran = run_cibw(here, "collect", "wheels-cp311")
    assert ran.exit_code == 0, ran.output
    assert WAITING not in ran.output
    check_manifest(here / "dist", 1)
