"""Patterns that select build identifiers, groups of identifiers, and variables that are not options."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cibw.errors import assert_never
from cibw.model.identifiers import BuildIdentifier, Family, Implementation

# Variables without an option, and variables of past cibuildwheel releases.

SWITCHES: dict[str, str] = {
    "CIBW_PLATFORM": "Platform to build for, like `--platform`.",
    "CIBW_OUTPUT_DIR": "Directory for finished wheels, like `--output-dir`.",
    "CIBW_ALLOW_EMPTY": "Succeed if no build is selected, like `--allow-empty`.",
    "CIBW_PROJECT_REQUIRES_PYTHON": "Python versions that the project supports; overrides its metadata.",
    "CIBW_CACHE_PATH": "Cache directory.",
    "CIBW_CACHE_PROJECT": "Name of the project in container engine volumes; its path by default.",
    "CIBW_CACHE_SIZE": "Maximum size of the store of finished wheels, such as `500MB`; 5 GB by default.",
    "CIBW_PREPARED_IMAGES": "Whether to make and use prepared images: `yes`, starting with the first run, or `no`.",
    "CIBW_DEBUG_KEEP_CONTAINER": "Keep containers after the run.",
    "CIBW_DEBUG_TRACEBACK": "Print a traceback on failure, like `--debug-traceback`.",
    "CIBW_LOG_FOLD_MODE": "How to fold output: azure, github, gitlab, travis or disabled.",
    "CIBW_INHERIT": "How variables merge with the configuration file: `test-command: append; environment: prepend`.",
    "CIBW_PUBLISH_TOKEN": "API token for the index to publish to.",
    "CIBW_PUBLISH_USERNAME": "Username for an index without API tokens.",
    "CIBW_PUBLISH_PASSWORD": "Password for that username.",
    "CIBW_SIGSTORE_TRUST_CONFIG": "Trust configuration file for a Sigstore instance other than the public one.",
}
REMOVED_VARIABLES: dict[str, str] = {
    "CIBW_FREE_THREADED_SUPPORT": "remove it: free-threaded Python is built like any other",
    "CIBW_PRERELEASE_PYTHONS": "use CIBW_ENABLE=cpython-prerelease",
    "CIBW_BUILD_FRONTEND_ARGS": "add the arguments to CIBW_BUILD_FRONTEND, as in 'build; args: --no-isolation'",
    "CIBW_PYTHON_VERSION": "select Python versions with CIBW_BUILD, as in 'cp312-*'",
    "CIBW_MANYLINUX_IMAGE": "name the architecture, as in CIBW_MANYLINUX_X86_64_IMAGE",
    "CIBW_MUSLLINUX_IMAGE": "name the architecture, as in CIBW_MUSLLINUX_X86_64_IMAGE",
}
"""Variables of past releases, and names that are often mistaken for options."""
REMOVED_OPTIONS: dict[str, str] = {"free-threaded-support": "free-threaded Python is built like any other"}
REMOVED_GROUPS: dict[str, str] = {
    "cpython-freethreading": "free-threaded Python is built like any other",
    "cpython-experimental-riscv64": "riscv64 is built if archs includes it",
}


# Patterns that select build identifiers, such as `cp3{12,13}-*`.

_LONGEST = 1000
_DEEPEST = 20
_MOST_EXPANDED = 10_000


@dataclass(frozen=True, slots=True)
class Selector:
    """Shell patterns, of which at least one must match.

    ValueError for a pattern that is too long, and for braces that are nested too deeply or expand to too many patterns.
    """

    patterns: tuple[str, ...]
    _expanded: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _regex: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expanded = _expanded(self.patterns)
        # Compiled once, because many overrides may be matched against many identifiers.
        text = "|".join(fnmatch.translate(piece) for piece in expanded) or r"(?!)"
        object.__setattr__(self, "_expanded", expanded)
        object.__setattr__(self, "_regex", re.compile(text))

    @classmethod
    def parse(cls, value: str | Sequence[str]) -> Selector:
        """Parse whitespace-separated patterns from one or more texts."""
        texts = (value,) if isinstance(value, str) else tuple(value)
        return cls(tuple(pattern for text in texts for pattern in text.split()))

    def matches(self, identifier: str) -> bool:
        """Whether a pattern matches the whole identifier; matching is case-sensitive."""
        return self._regex.match(identifier) is not None

    def names_exactly(self, python_tag: str) -> bool:
        """Whether a pattern begins literally with this Python tag and a dash."""
        return any(piece.startswith(f"{python_tag}-") for piece in self._expanded)

    def __str__(self) -> str:
        return " ".join(self.patterns)


def _expanded(patterns: tuple[str, ...]) -> tuple[str, ...]:
    pieces: dict[str, None] = {}
    for pattern in patterns:
        pieces.update(dict.fromkeys(_expand(pattern)))
        if len(pieces) > len(patterns) + _MOST_EXPANDED:
            raise ValueError(f"the braces of all patterns together expand to more than {_MOST_EXPANDED} patterns")
    return tuple(pieces)


def _expand(pattern: str) -> list[str]:
    if len(pattern) > _LONGEST:
        raise ValueError(f"the pattern {pattern[:40]!r}... has {len(pattern)} characters; the maximum is {_LONGEST}")
    if "{" not in pattern and "\\" not in pattern:
        return [pattern]
    if _depth(pattern) > _DEEPEST:
        raise ValueError(f"the braces of {pattern[:40]!r}... are nested more than {_DEEPEST} levels deep")
    from bracex import ExpansionLimitException, expand  # imported only when needed, for a fast startup

    try:
        return expand(pattern)
    except ExpansionLimitException as error:
        raise ValueError(f"the braces of {pattern!r} expand to more than 1000 patterns") from error


def _depth(pattern: str) -> int:
    depth = deepest = 0
    for character in pattern:
        depth += (character == "{") - (character == "}" and depth > 0)
        deepest = max(deepest, depth)
    return deepest


# Groups of build identifiers that are built only if a user enables the group.

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
