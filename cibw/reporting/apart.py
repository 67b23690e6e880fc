"""Keep the output of parallel builds separate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import IO

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
from cibw.reporting.reporter import Reporter

Spool = Callable[[], IO[bytes]]
"""Returns an empty temporary file, which is deleted when it is closed."""


class Apart:
    """Buffers the events of a build until the build has ended.

    Events of jobs, such as before-all, are passed on immediately: nothing else of the job runs at that time.
    Output is buffered in files from `spool`, because it may be larger than memory.
    """

    def __init__(self, reporter: Reporter, spool: Spool) -> None:
        self._reporter = reporter
        self._spool = spool
        self._kept: dict[str, _Kept] = {}

    def __call__(self, event: Event) -> None:
        """Buffer an event, or pass it on with the buffered ones."""
        match event:
            case BuildStarted():
                self._begin(event)
            case BuildFinished():
                self._end(event)
            case StepStarted() | CommandStarted() | OutputLine() | StepFinished() | WarningRaised():
                self._of_scope(event)
            case RunStarted() | JobStarted() | Progress() | RunFinished() | VariablesSet():
                self._reporter(event)
            case _:
                assert_never(event)

    def _begin(self, event: BuildStarted) -> None:
        scope = str(event.identifier)
        # A build that is restarted continues the output of its first attempt.
        if scope not in self._kept:
            self._kept[scope] = _Kept(scope, self._spool())
            self._kept[scope].add(event)

    def _end(self, event: BuildFinished) -> None:
        kept = self._kept.pop(str(event.result.identifier), None)
        if kept is not None:
            with closing(kept):
                for earlier in kept.events():
                    self._reporter(earlier)
        self._reporter(event)

    def _of_scope(self, event: _OfScope) -> None:
        kept = self._kept.get(event.scope)
        if kept is None:
            self._reporter(event)
        else:
            kept.add(event)


_OfScope = StepStarted | CommandStarted | OutputLine | StepFinished | WarningRaised


class _Kept:
    """The events of a build in order: output in a file, the few others in memory; to be closed."""

    def __init__(self, scope: str, file: IO[bytes]) -> None:
        self._scope = scope
        self._file = file
        self._others: list[BuildStarted | _OfScope] = []

    def add(self, event: BuildStarted | _OfScope) -> None:
        """Keep one more event."""
        if isinstance(event, OutputLine):
            # As JSON, an output line is always a single line.
            self._file.write(json.dumps([event.text, event.is_error]).encode() + b"\n")
        else:
            self._others.append(event)
            self._file.write(b"\n")

    def events(self) -> Iterator[BuildStarted | _OfScope]:
        """All buffered events."""
        others = iter(self._others)
        self._file.seek(0)
        for line in self._file:
            if line == b"\n":
                yield next(others)
            else:
                fields: list[object] = json.loads(line)
                yield OutputLine(scope=self._scope, text=str(fields[0]), is_error=fields[1] is True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
