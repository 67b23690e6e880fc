"""Groups of build identifiers that are built only if a user enables the group."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from cibw.exhaustive import assert_never
from cibw.model.identifier import BuildIdentifier, Implementation
from cibw.model.target import Family

_FIRST_PRERELEASE = (3, 16)
_FIRST_LIVING_PYPY = (3, 11)
_FIRST_LIVING_PYODIDE = (3, 13)


class EnableGroup(Enum):
    """A group that `enable` accepts."""

    CPYTHON_PRERELEASE = "cpython-prerelease"
    GRAALPY = "graalpy"
    PYPY = "pypy"
    PYPY_EOL = "pypy-eol"
    PYODIDE_EOL = "pyodide-eol"
    PYODIDE_PRERELEASE = "pyodide-prerelease"


def parse_enable(words: Iterable[str]) -> frozenset[EnableGroup]:
    """Parse group names; `all` means every group. ValueError for an unknown name."""
    groups: set[EnableGroup] = set()
    for word in words:
        groups.update(EnableGroup if word == "all" else (_group(word),))
    return frozenset(groups)


def group_of(identifier: BuildIdentifier) -> EnableGroup | None:
    """The group that must be enabled to build an identifier; None if no group is needed."""
    interpreter = identifier.interpreter
    version = (interpreter.major, interpreter.minor)
    match interpreter.implementation:
        case Implementation.GRAALPY:
            return EnableGroup.GRAALPY
        case Implementation.PYPY:
            return EnableGroup.PYPY if version >= _FIRST_LIVING_PYPY else EnableGroup.PYPY_EOL
        case Implementation.CPYTHON if version >= _FIRST_PRERELEASE:
            return EnableGroup.CPYTHON_PRERELEASE
        case Implementation.CPYTHON:
            is_pyodide = identifier.target.family is Family.PYODIDE
            return EnableGroup.PYODIDE_EOL if is_pyodide and version < _FIRST_LIVING_PYODIDE else None
        case unknown:
            assert_never(unknown)


def _group(word: str) -> EnableGroup:
    try:
        return EnableGroup(word)
    except ValueError:
        known = ", ".join(group.value for group in EnableGroup)
        raise ValueError(f"unknown enable group {word!r}; the groups are {known}, all") from None
