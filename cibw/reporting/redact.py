"""Mask secrets in events before reporters get them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum

from cibw.model.events import BuildFinished, Event, OutputLine, VariablesSet
from cibw.model.identifier import BuildIdentifier
from cibw.reporting.masking import Masker
from cibw.reporting.reporter import Reporter
from cibw.reporting.secret_shapes import MASK, KeyLines

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
