"""Combines reporters, masks secrets in events, and separates the output of parallel builds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from enum import Enum
from threading import Lock
from typing import IO

from cibw.errors import assert_never
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
from cibw.model.identifiers import BuildIdentifier
from cibw.reporting.masking import MASK, KeyLines, Masker

# The reporter type, and how to combine reporters.

Reporter = Callable[[Event], None]
"""Gets every event of a run, one at a time and in order."""


def combine(*reporters: Reporter) -> Reporter:
    """A thread-safe reporter that passes each event to all reporters.

    If one fails, the others still get the event; the last error is raised.
    """
    lock = Lock()

    def report(event: Event) -> None:
        # The stack calls all of them, last in, first out, even if some fail.
        with lock, ExitStack() as stack:
            for reporter in reversed(reporters):
                stack.callback(reporter, event)

    return report


# Mask secrets in events before reporters get them.

_NAMES = frozenset({"scope", "job", "name", "identifier", "filename", "sha256"})
"""Fields with names that other values refer to."""
_LONG_LINE = 1 << 20
"""Bytes after which an output line may continue in the next event."""
_HELD_BACK = 1 << 12
"""Characters of such a line that are held back, because a secret may begin in them."""


def redact(reporter: Reporter, mask: Masker) -> Reporter:
    """A reporter that passes events on with secrets masked in all texts.

    It learns the values of variables from VariablesSet events, which are not passed on.
    """
    output = _Output(mask)

    def report(event: Event) -> None:
        if isinstance(event, VariablesSet):
            mask.hear(event.variables)
            return
        if isinstance(event, OutputLine):
            reporter(output.masked(event))
            return
        for line in output.rest_of(event):
            reporter(line)
        masked = _masked(event, mask)
        if not isinstance(masked, Event):
            raise TypeError(f"masking made {type(masked).__name__} of an event")
        reporter(masked)

    return report


class _Output:
    """State between output lines: private keys, and lines that arrive in pieces."""

    def __init__(self, mask: Masker) -> None:
        self._mask = mask
        self._keys: dict[tuple[str, bool], KeyLines] = {}
        self._held: dict[tuple[str, bool], str] = {}

    def masked(self, event: OutputLine) -> OutputLine:
        """A line, with the text held back from the previous one; lines of private keys are masked completely."""
        stream = (event.scope, event.is_error)
        text = self._held.pop(stream, "") + event.text
        keys = self._keys.get(stream)
        if keys is None:
            keys = self._keys[stream] = KeyLines()
        if keys.is_of_key(text):
            self._mask.learn_line(text)
            return replace(event, text=MASK)
        text = self._mask(text)
        if len(event.text) > _LONG_LINE // 4 and len(event.text.encode("utf-8", "replace")) >= _LONG_LINE:
            text, self._held[stream] = text[:-_HELD_BACK], text[-_HELD_BACK:]
        return event if text == event.text else replace(event, text=text)

    def rest_of(self, event: Event) -> Iterator[OutputLine]:
        """The text held back from outputs that an event ends."""
        if not self._held:
            return
        scope = str(event.result.identifier) if isinstance(event, BuildFinished) else getattr(event, "scope", "")
        for is_error in (False, True):
            text = self._held.pop((scope, is_error), "")
            if text:
                yield OutputLine(scope=scope, text=text, is_error=is_error)


def _masked(value: object, mask: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, tuple):
        return tuple(_masked(item, mask) for item in value)
    if isinstance(value, (Enum, BuildIdentifier)) or not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    changes: dict[str, object] = {}
    for field in dataclasses.fields(value):
        if field.name not in _NAMES:
            before: object = getattr(value, field.name)
            after = _masked(before, mask)
            if after != before:
                changes[field.name] = after
    return dataclasses.replace(value, **changes) if changes else value


# Keep the output of parallel builds separate.

Spool = Callable[[], IO[bytes]]
"""Returns an empty temporary file, which is deleted when it is closed."""


class BuildBuffer:
    """Buffers the events of a build until the build has ended.

    Events of jobs, such as before-all, are passed on immediately: nothing else of the job runs at that time.
    Output is buffered in files from `spool`, because it may be larger than memory.
    """

    def __init__(self, reporter: Reporter, spool: Spool) -> None:
        self._reporter = reporter
        self._spool = spool
        self._kept: dict[str, _BufferedEvents] = {}

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
            self._kept[scope] = _BufferedEvents(scope, self._spool())
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


class _BufferedEvents:
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
