"""Python version specifiers such as `>=3.9,!=3.10.*`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cibw.model.identifier import Interpreter

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_PLAIN = re.compile(r"\s*(>=|<=|>|<|==|!=)\s*([0-9]{1,9}(?:\.[0-9]{1,9})*)\s*")
_LONG_NUMBER = re.compile(r"[0-9]{10}")
_LONGEST = 1000
_LAST_PATCH = 99
"""A high patch release, so that `>=3.9.2` does not exclude Python 3.9."""


@dataclass(frozen=True, slots=True)
class _Clause:
    """A comparison with a release without trailing zeros."""

    operator: str
    release: tuple[int, ...]

    def admits(self, version: tuple[int, ...]) -> bool:
        match self.operator:
            case ">=":
                return version >= self.release
            case "<=":
                return version <= self.release
            case ">":
                return version > self.release
            case "<":
                return version < self.release
            case "==":
                return version == self.release
            case _:
                return version != self.release


@dataclass(frozen=True, slots=True)
class PythonVersions:
    """A version specifier, as it was written."""

    text: str
    _judge: tuple[_Clause, ...] | SpecifierSet

    @classmethod
    def parse(cls, text: str) -> PythonVersions:
        """Parse a specifier; ValueError if it is invalid.

        Comparisons with plain releases, which nearly all projects use, are handled here. Importing the packaging
        library takes longer than everything else that is needed to list identifiers.
        """
        if len(text) > _LONGEST or _LONG_NUMBER.search(text):
            raise ValueError("a version specifier is too long, or one of its numbers is")
        parts = [part.strip() for part in text.split(",") if part.strip()]
        matches = [_PLAIN.fullmatch(part) for part in parts]
        clauses = tuple(_Clause(match[1], _release(match[2])) for match in matches if match)
        if len(clauses) == len(parts):
            return cls(",".join(parts), clauses)
        from packaging.specifiers import SpecifierSet

        return cls(",".join(parts), SpecifierSet(text))

    def admits(self, interpreter: Interpreter) -> bool:
        """Whether the newest patch release of an interpreter's version matches."""
        if isinstance(self._judge, tuple):
            version = (interpreter.major, interpreter.minor, _LAST_PATCH)
            return all(clause.admits(version) for clause in self._judge)
        return self._judge.contains(f"{interpreter.version}.{_LAST_PATCH}")

    def __str__(self) -> str:
        return self.text


def _release(text: str) -> tuple[int, ...]:
    numbers = [int(number) for number in text.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
