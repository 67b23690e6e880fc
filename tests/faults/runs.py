"""Runs of cibw that a test stops, kills or starves at a chosen step, and what must be true afterwards.

The project `tests/projects/gated` calls a gate at each of its steps. Where a test holds that gate, the step creates a
file and blocks until the test releases it. So a fault hits a known step, on a slow computer as well as on a fast one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.builds import Ran, command, copy_project, environment
from tests.image_settings import image_settings

PATIENCE = 600.0
"""Seconds that no run needs, even on a busy computer: what takes longer stands still."""
STEPS = ("before-all", "before-build", "build", "repair", "before-test", "test")
MARK = "FAULTS_MARK"


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} seconds: {what}"
        time.sleep(0.02)


def processes(mark: str) -> list[str]:
    """The command lines of this computer's processes that have a mark in their variables or their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line, variables = ((path / name).read_bytes() for name in ("cmdline", "environ"))
            # A zombie has neither; whoever started it has not collected it yet.
            if mark.encode() in line + variables and int(path.name) != os.getpid():
                found.append(f"{path.name}: {line.replace(bytes(1), b' ').decode(errors='replace')}")
    return found


class Gate:
    """Where a step of the project `gated` stops."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        os.mkfifo(directory / "fifo")

    def hold(self, step: str) -> None:
        """Stop the runs that come to a step from now on."""
        (self.directory / "step").write_text(step)

    def is_reached(self) -> bool:
        """Whether a run has come to the step where it stops."""
        return any(self.directory.glob("reached.*"))

    def open(self) -> None:
        """Let all pass from now on, and whoever waits."""
        (self.directory / "step").unlink(missing_ok=True)
        for path in self.directory.glob("reached.*"):
            path.unlink()
        # Opening fails where nobody reads.
        with suppress(OSError):
            while True:
                writer = os.open(self.directory / "fifo", os.O_WRONLY | os.O_NONBLOCK)
                os.write(writer, b"\n")
                os.close(writer)
                time.sleep(0.02)


class Running:
    """A run of cibw in a session of its own, whose output goes to a file."""

    def __init__(self, arguments: Sequence[str], directory: Path, variables: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command(*arguments),
                cwd=directory,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What the run has written up to now."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def has_ended(self) -> bool:
        """Whether the run has ended."""
        return self.process.poll() is not None

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition holds; the run must not end before that."""
        eventually(lambda: condition() or self.has_ended, what)
        assert condition(), f"the run ended before: {what}\n{self.output}"

    def send(self, number: signal.Signals) -> None:
        """Send a signal: Ctrl-C goes to all processes of a terminal, others to cibw alone."""
        if number is signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for the end and give the exit code."""
        return self.process.wait(timeout=PATIENCE)


@dataclass(slots=True, kw_only=True)
class Trial:
    """A copy of the project `gated` with a gate, an engine and directories of its own.

    `zig` is a cache of compiled C libraries that all trials share; `more` are further settings.
    """

    project: Path
    engine: str
    identifiers: tuple[str, ...]
    zig: Path | None = None
    more: dict[str, str] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    runs: int = 0
    gate: Gate = field(init=False)
    started: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate = Gate(self.place / "gate")
        for directory in (self.cache, self.temporary):
            directory.mkdir(exist_ok=True)
        if self.zig is not None:
            (self.cache / "zig").symlink_to(self.zig)

    @property
    def place(self) -> Path:
        """The directory that holds all others."""
        return self.project.parent

    @property
    def cache(self) -> Path:
        """The cache directory."""
        return self.place / "cache"

    @property
    def temporary(self) -> Path:
        """The directory for temporary files."""
        return self.place / "tmp"

    @property
    def output_dir(self) -> Path:
        """Where wheels go."""
        return self.place / "out"

    def set_value(self, value: str) -> None:
        """Change the source of the project, so that its wheels become others."""
        (self.project / "value.txt").write_text(f"{value}\n")

    def set_size(self, size: int) -> None:
        """Set how many bytes of payload a wheel has."""
        (self.project / "size.txt").write_text(f"{size}\n")

    def settings(self) -> dict[str, str]:
        """The variables of a run."""
        labels = "" if self.engine == "host" else f"; create-args: --label tests={self.mark}"
        return {
            **image_settings("manylinux_x86_64"),
            "CIBW_CONTAINER_ENGINE": f"{self.engine}{labels}",
            "CIBW_BUILD": " ".join(self.identifiers),
            "CIBW_ENVIRONMENT": f"GATE={self.gate.directory} {MARK}={self.mark}",
            "CIBW_CACHE_PATH": str(self.cache),
            "CIBW_CACHE": "true",
            "TMPDIR": str(self.temporary),
            MARK: self.mark,
            **self.more,
        }

    def start(self, *arguments: str) -> Running:
        """Start a run."""
        self.runs += 1
        words = ("--jobs", "1", "--output-dir", str(self.output_dir), *arguments)
        log = self.place / f"output-{self.runs}.txt"
        running = Running(words, self.project, environment(self.settings()), log)
        self.started.append(running)
        return running

    def run(self, *arguments: str) -> Ran:
        """Run cibw to its end."""
        running = self.start(*arguments)
        return Ran(exit_code=running.wait(), output=running.output, output_dir=self.output_dir)

    def reach(self, step: str, *arguments: str) -> Running:
        """Start a run that stops at a step, and wait until it does."""
        self.gate.hold(step)
        running = self.start(*arguments)
        running.until(self.gate.is_reached, f"the run comes to {step}")
        return running

    def containers(self) -> str:
        """The containers of all runs of this trial, a line each."""
        if self.engine == "host":
            return ""
        call = [self.engine, "ps", "--all", "--quiet", "--filter", f"label=tests={self.mark}"]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout

    def close(self) -> None:
        """End whatever a failed test has left running."""
        for running in self.started:
            if not running.has_ended:
                running.process.kill()
                running.wait()
        for line in processes(self.mark):
            with suppress(ProcessLookupError):
                os.kill(int(line.partition(":")[0]), signal.SIGKILL)
        if self.engine != "host":
            self._remove_what_the_engine_holds()

    def _remove_what_the_engine_holds(self) -> None:
        calls = [["rm", "--force", "--volumes", container] for container in self.containers().split()]
        # The cache directory has a record of each volume of its own.
        for record in self.cache.glob("volumes/*.json"):
            with suppress(ValueError):
                calls.append(["volume", "rm", "--force", str(json.loads(record.read_text())["name"])])
        for call in calls:
            subprocess.run([self.engine, *call], capture_output=True, check=False)


def trial_in(place: Path, engine: str, identifiers: Sequence[str], zig: Path | None = None) -> Trial:
    """A trial in a new directory."""
    place.mkdir(parents=True, exist_ok=True)
    return Trial(project=copy_project("gated", place), engine=engine, identifiers=tuple(identifiers), zig=zig)
