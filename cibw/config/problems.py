"""Configuration errors, collected to report all of them together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cibw.errors import ConfigurationError, Mistake


class BadValueError(ValueError):
    """An invalid value; `hint` suggests a fix."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


MOST_MISTAKES = 100
"""The maximum number of errors in one report."""
_LONGEST_MESSAGE = 1000
_LONGEST_WORD = 100


@dataclass(slots=True)
class Findings:
    """Errors and notes about a configuration.

    Only the first 100 errors and notes are kept. Callers can stop looking for more when it `is_full`.
    """

    _mistakes: dict[Mistake, None] = field(default_factory=dict)
    _notes: dict[str, None] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether the maximum number of errors is exceeded."""
        return len(self._mistakes) > MOST_MISTAKES

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The errors, in the order in which they were added."""
        return tuple(self._mistakes)[:MOST_MISTAKES]

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes, in the order in which they were added."""
        return tuple(self._notes)

    def add(self, place: str, message: str, hint: str = "") -> None:
        """Add an error; duplicates are dropped."""
        if not self.is_full:
            mistake = Mistake(place=clipped(place), message=clipped(message), hint=clipped(hint))
            self._mistakes[mistake] = None

    def add_error(self, place: str, error: ValueError) -> None:
        """Add an error from a parser, with its hint if it has one."""
        self.add(place, str(error), error.hint if isinstance(error, BadValueError) else "")

    def note(self, text: str) -> None:
        """Add a note; duplicates are dropped."""
        if len(self._notes) < MOST_MISTAKES:
            self._notes[clipped(text)] = None

    def raise_if_any(self) -> None:
        """Raise ConfigurationError with the errors in the order of their places, if there are any."""
        if self._mistakes:
            mistakes = sorted(self.mistakes, key=_file_order)
            raise ConfigurationError(
                f"the configuration has {_number_of(len(self._mistakes))}",
                mistakes=tuple(mistakes),
                hint=f"Only the first {MOST_MISTAKES} errors are shown." if self.is_full else "",
            )


def clipped(text: str) -> str:
    """A text for a message, shortened if it is very long."""
    # Names and values may contain bytes that are not valid text and cannot be printed.
    shown = text[:_LONGEST_MESSAGE].encode("utf-8", "backslashreplace").decode()
    return shown if len(text) <= _LONGEST_MESSAGE else f"{shown}... ({len(text)} characters)"


def _number_of(mistakes: int) -> str:
    if mistakes > MOST_MISTAKES:
        return f"more than {MOST_MISTAKES} errors"
    return "an error" if mistakes == 1 else f"{mistakes} errors"


def _file_order(mistake: Mistake) -> tuple[str, int]:
    """Sort key by file and line; variables come first."""
    match = re.match(r"(?P<file>[^:]*\.[^:]*)(?::(?P<line>[0-9]{1,9}))?", mistake.place)
    return (match["file"], int(match["line"] or 0)) if match else ("", 0)


def did_you_mean(word: str, known: Iterable[str], *, fallback: str = "") -> str:
    """A hint with the closest known word, or `fallback`."""
    if len(word) > _LONGEST_WORD:
        return fallback
    import difflib

    matches = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f"did you mean {matches[0]!r}?" if matches else fallback
