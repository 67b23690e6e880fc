"""Write a log file for each build and each job."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TextIO

from cibw.exhaustive import assert_never
from cibw.model.events import (
    BuildFinished,
    BuildStarted,
    CommandStarted,
    Event,
    JobStarted,
    OutputLine,
    Progress,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    VariablesSet,
    WarningRaised,
)
from cibw.reporting.look import Look
from cibw.reporting.neutral import neutral
from cibw.reporting.wording import duration

_PLAIN = Look()


def log_path(directory: Path, scope: str) -> Path:
    """The path of the log of a build identifier or a job."""
    return directory / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', scope)}.log"


class LogFiles:
    """Writes the events of each scope to its own file, line by line, without colours.

    A run overwrites the files. Files are opened at their first line, and closed when the build or the run ends.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[str, TextIO] = {}
        self._begun: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Write an event to its log."""
        match event:
            case BuildFinished(result=result):
                self._close(str(result.identifier))
            case RunFinished():
                for scope in tuple(self._files):
                    self._close(scope)
            case RunStarted() | VariablesSet():
                pass
            case _:
                scope, line = _entry(event)
                if line is not None:
                    self._write(scope, line)

    def _write(self, scope: str, line: str) -> None:
        if scope not in self._files:
            self._directory.mkdir(parents=True, exist_ok=True)
            path = log_path(self._directory, scope)
            if scope not in self._begun:
                path.unlink(missing_ok=True)
            self._begun.add(scope)
            self._files[scope] = path.open("a", buffering=1, encoding="utf-8", errors="replace")
        self._files[scope].write(f"{neutral(line, colour=False)}\n")

    def _close(self, scope: str) -> None:
        file = self._files.pop(scope, None)
        if file is not None:
            file.close()


_Entry = JobStarted | Progress | BuildStarted | StepStarted | CommandStarted | OutputLine | StepFinished | WarningRaised


def _entry(event: _Entry) -> tuple[str, str | None]:
    match event:
        case JobStarted(job=job, machine=machine):
            return job, f"{job}: {machine}"
        case Progress(job=job, text=text):
            return job, text
        case BuildStarted(identifier=identifier):
            return str(identifier), str(identifier)
        case WarningRaised(scope=scope, message=message):
            return scope, f"WARNING: {message}"
        case _:
            return event.scope, _step_entry(event)


def _step_entry(event: StepStarted | CommandStarted | OutputLine | StepFinished) -> str:
    match event:
        case StepStarted(step=step):
            return f"\n== {step.value}"
        case CommandStarted(text=text):
            return f"$ {text}"
        case OutputLine(text=text):
            return _PLAIN.clean(text)
        case StepFinished(step=step, seconds=seconds, succeeded=succeeded):
            return f"== {step.value} {'done' if succeeded else 'FAILED'} after {duration(seconds)}"
        case _:
            assert_never(event)
