"""Mistakes of a configuration, gathered so that a user reads all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cibw.errors import ConfigurationError, Mistake


class BadValueError(ValueError):
    """A value that can't be used; `hint` says what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


MOST_MISTAKES = 100
"""How many mistakes are reported at once."""
_LONGEST_MESSAGE = 1000
_LONGEST_WORD = 100


@dataclass(slots=True)
class Findings:
    """What is wrong, and what a user should know though nothing is wrong.

    Of more than 100 mistakes or notes the first 100 are kept. Who finds many of them may stop where it `is_full`.
    """

    _mistakes: dict[Mistake, None] = field(default_factory=dict)
    _notes: dict[str, None] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether so many mistakes were found that no more are needed."""
        return len(self._mistakes) > MOST_MISTAKES

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes, in the order in which they were found."""
        return tuple(self._mistakes)[:MOST_MISTAKES]

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes, in their order."""
        return tuple(self._notes)

    def add(self, place: str, message: str, hint: str = "") -> None:
        """Remember a mistake; the same one twice counts once."""
        if not self.is_full:
            mistake = Mistake(place=clipped(place), message=clipped(message), hint=clipped(hint))
            self._mistakes[mistake] = None

    def add_error(self, place: str, error: ValueError) -> None:
        """Remember what a parser refused, with its hint where it has one."""
        self.add(place, str(error), error.hint if isinstance(error, BadValueError) else "")

    def note(self, text: str) -> None:
        """Remember a note; the same one twice counts once."""
        if len(self._notes) < MOST_MISTAKES:
            self._notes[clipped(text)] = None

    def raise_if_any(self) -> None:
        """End with ConfigurationError, the mistakes in the order of their places, where there is a mistake."""
        if self._mistakes:
            mistakes = sorted(self.mistakes, key=_file_order)
            raise ConfigurationError(
                f"the configuration has {_number_of(len(self._mistakes))}",
                mistakes=tuple(mistakes),
                hint=f"Only the first {MOST_MISTAKES} errors are shown." if self.is_full else "",
            )


def clipped(text: str) -> str:
    """A text for a message, shortened where somebody has written a book into an option."""
    # Names and values may hold bytes that are no text, and that no terminal or file takes.
    shown = text[:_LONGEST_MESSAGE].encode("utf-8", "backslashreplace").decode()
    return shown if len(text) <= _LONGEST_MESSAGE else f"{shown}... ({len(text)} characters)"


def _number_of(mistakes: int) -> str:
    if mistakes > MOST_MISTAKES:
        return f"more than {MOST_MISTAKES} errors"
    return "an error" if mistakes == 1 else f"{mistakes} errors"


def _file_order(mistake: Mistake) -> tuple[str, int]:
    """Sorts files apart from each other, and by line inside a file; variables come before both."""
    match = re.match(r"(?P<file>[^:]*\.[^:]*)(?::(?P<line>[0-9]{1,9}))?", mistake.place)
    return (match["file"], int(match["line"] or 0)) if match else ("", 0)


def did_you_mean(word: str, known: Iterable[str], *, fallback: str = "") -> str:
    """A hint that names the closest known word, else `fallback`."""
    if len(word) > _LONGEST_WORD:
        return fallback
    import difflib

    matches = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f"did you mean {matches[0]!r}?" if matches else fallback
