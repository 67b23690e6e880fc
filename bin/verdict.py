"""What a comparison with cibuildwheel has found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Verdict:
    """How often two answers are equal, or differ in a way that has a name; the lines tell of the rest."""

    kinds: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
