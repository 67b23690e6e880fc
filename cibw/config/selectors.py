"""Patterns that select build identifiers, such as `cp3{12,13}-*`."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

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
