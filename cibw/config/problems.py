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


@dataclass(slots=True)
class Findings:
    """What is wrong, and what a user should know though nothing is wrong."""

    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, place: str, message: str, hint: str = "") -> None:
        """Remember a mistake; the same one twice counts once."""
        mistake = Mistake(place=place, message=message, hint=hint)
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)

    def add_error(self, place: str, error: ValueError) -> None:
        """Remember what a parser refused, with its hint where it has one."""
        self.add(place, str(error), error.hint if isinstance(error, BadValueError) else "")

    def note(self, text: str) -> None:
        """Remember a note; the same one twice counts once."""
        if text not in self.notes:
            self.notes.append(text)

    def raise_if_any(self) -> None:
        """End with ConfigurationError, the mistakes in the order of their places, where there is a mistake."""
        if self.mistakes:
            count = len(self.mistakes)
            message = "the configuration has a mistake" if count == 1 else f"the configuration has {count} mistakes"
            raise ConfigurationError(message, mistakes=tuple(sorted(self.mistakes, key=_file_order)))


def _file_order(mistake: Mistake) -> tuple[str, int]:
    """Sorts files apart from each other, and by line inside a file; variables come before both."""
    match = re.match(r"(?P<file>[^:]*\.[^:]*)(?::(?P<line>[0-9]+))?", mistake.place)
    return (match["file"], int(match["line"] or 0)) if match else ("", 0)


def did_you_mean(word: str, known: Iterable[str], *, fallback: str = "") -> str:
    """A hint that names the closest known word, else `fallback`."""
    import difflib

    matches = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f"did you mean {matches[0]!r}?" if matches else fallback
