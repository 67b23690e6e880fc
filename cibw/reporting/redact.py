"""Masking secrets before any reporter sees them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from enum import Enum

from cibw.model.events import Event
from cibw.model.identifier import BuildIdentifier
from cibw.reporting.reporter import Reporter

MASK = "***"
SHORTEST = 4
"""Shorter values (`1`, `yes`) are no secrets, and masking them would garble everything."""

_NAMES = frozenset({"scope", "job", "name", "identifier", "filename", "sha256"})
"""Fields that name things: other values refer to them."""


def masker(secrets: Iterable[str]) -> Callable[[str], str] | None:
    """What masks the given values in a text; None where there is nothing to mask.

    Of a value of several lines each line is masked, as output comes line by line.
    """
    pieces = {piece.strip() for secret in secrets for piece in (secret, *secret.splitlines())}
    known = sorted((piece for piece in pieces if len(piece) >= SHORTEST), key=len, reverse=True)
    if not known:
        return None
    pattern = re.compile("|".join(map(re.escape, known)))
    return lambda text: pattern.sub(MASK, text)


def masked_text(text: str, secrets: Iterable[str]) -> str:
    """A text with the given values masked."""
    mask = masker(secrets)
    return mask(text) if mask else text


def redact(reporter: Reporter, secrets: Iterable[str]) -> Reporter:
    """A reporter that hands events on with the given values masked, in all of their texts."""
    mask = masker(secrets)
    if mask is None:
        return reporter

    def report(event: Event) -> None:
        masked = _masked(event, mask)
        if not isinstance(masked, Event):
            raise TypeError(f"masking made {type(masked).__name__} of an event")
        reporter(masked)

    return report


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
