"""Build identifiers such as `cp314t-manylinux_x86_64`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from cibw.model.target import Platform, Target


class Implementation(Enum):
    """An implementation of Python, by its tag (PEP 425)."""

    CPYTHON = "cp"
    PYPY = "pp"
    GRAALPY = "gp"


_TAG = re.compile(r"(?P<name>cp|pp|gp)(?P<major>[0-9])(?P<minor>0|[1-9][0-9]*)(?P<threads>t?)(?:_(?P<release>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python of a build: implementation, version, free-threaded or not, release line.

    `release` contains the digits after the underscore of GraalPy tags (`gp312_250`); empty for others.
    """

    implementation: Implementation
    major: int
    minor: int
    free_threaded: bool = False
    release: str = ""

    @property
    def version(self) -> str:
        """The language version, e.g. `3.14`."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        suffix = f"_{self.release}" if self.release else ""
        return f"{self.implementation.value}{self.major}{self.minor}{'t' * self.free_threaded}{suffix}"

    @classmethod
    def parse(cls, text: str) -> Interpreter:
        """Parse an interpreter tag; ValueError for any other text."""
        match = _TAG.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a Python tag of a build identifier, such as cp314t")
        return cls(
            implementation=Implementation(match["name"]),
            major=int(match["major"]),
            minor=int(match["minor"]),
            free_threaded=bool(match["threads"]),
            release=match["release"] or "",
        )


@dataclass(frozen=True, slots=True)
class BuildIdentifier:
    """One cell of the matrix: an interpreter and a target."""

    interpreter: Interpreter
    target: Target
    _text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Cached, because every selector of the configuration uses it.
        object.__setattr__(self, "_text", f"{self.interpreter}-{self.target}")

    @property
    def platform(self) -> Platform:
        """The platform that the identifier belongs to."""
        return self.target.platform

    def __str__(self) -> str:
        return self._text

    @classmethod
    def parse(cls, text: str) -> BuildIdentifier:
        """Parse a build identifier; ValueError for any other text."""
        interpreter, dash, target = text.partition("-")
        if not dash:
            raise ValueError(f"{text!r} is not a build identifier: it has no dash")
        return cls(Interpreter.parse(interpreter), Target.parse(target))
