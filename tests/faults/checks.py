"""What must be true after a fault, and after the run that follows it."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.builds import Ran
from tests.faults.runs import Trial, processes
from tests.faults.wheels import Contents, check_nothing_else, check_records, check_wheels

ENDING = 90.0
"""Seconds that no process needs to end after its run has ended; usually it takes a few milliseconds."""
_CHUNK = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The wheels that an undisturbed run makes, by engine."""

    wheels: Mapping[str, Contents]

    def of(self, trial: Trial) -> dict[str, Contents]:
        """The wheels of a trial's project with its present source."""
        value = (trial.project / "value.txt").read_text().strip()
        size = int((trial.project / "size.txt").read_text())
        own = {"gated_value.py": f'VALUE = "{value}"\n'.encode(), "gated_payload.bin": payload(size)}
        return {name: {**contents, **own} for name, contents in self.wheels.items()}


def payload(size: int) -> bytes:
    """What the project writes as its payload."""
    chunks = (hashlib.sha256(str(number).encode()).digest() for number in range(size // _CHUNK + 1))
    return b"".join(chunks)[:size]


def check_processes_end(mark: str) -> None:
    """No process with a mark goes on running."""
    end = time.monotonic() + ENDING
    while left := processes(mark):
        assert time.monotonic() < end, f"still running: {left}"
        time.sleep(0.02)


def check_output(output: str) -> None:
    """No traceback of cibw is in the output of a run."""
    # Those of the project's own commands are behind a bar.
    lines = [line for line in output.splitlines() if line.startswith("Traceback (most recent call last)")]
    assert not lines, output


def check_harmless(trial: Trial, expected: Expected) -> None:
    """After a fault: whatever is in the output directory is right, and nothing goes on running."""
    check_processes_end(trial.mark)
    if trial.output_dir.exists():
        check_wheels(trial.output_dir, expected.of(trial))
        check_records(trial.output_dir, complete=False)
    for running in trial.started:
        check_output(running.output)


def check_next_run(trial: Trial, expected: Expected, *arguments: str) -> Ran:
    """The next run succeeds, makes the wheels of the present source, and leaves nothing behind."""
    trial.gate.open()
    ran = trial.run(*arguments)
    assert ran.exit_code == 0, ran.output
    check_output(ran.output)
    wanted = expected.of(trial)
    assert {wheel.name for wheel in ran.wheels} == set(wanted), ran.output
    check_wheels(trial.output_dir, wanted)
    check_records(trial.output_dir, complete=True)
    check_nothing_else(trial.output_dir)
    check_clean(trial)
    return ran


def check_clean(trial: Trial) -> None:
    """Nothing runs and nothing but locks is left: no process, no container, no temporary file."""
    check_processes_end(trial.mark)
    assert trial.containers() == "", "containers are left"
    assert leftovers(trial.temporary) == []


def leftovers(directory: Path) -> list[str]:
    """The files below a directory for temporary files that are no empty locks."""
    files = [path for path in directory.rglob("*") if not path.is_dir() or path.is_symlink()]
    return [str(path) for path in files if not (path.suffix == ".lock" and path.stat().st_size < 200)]


def work_directories(text: str) -> set[str]:
    """The names of work directories in a container's volume that a run's output mentions."""
    return set(re.findall(r"/work/(cibw-[0-9a-f]+-[0-9a-f]+)", text))
