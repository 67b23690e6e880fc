"""Compiler caches: which one a build uses, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CompilerCache(Enum):
    """What `compiler-cache` names."""

    AUTO = "auto"
    """The first of ccache and sccache that the machine has, else none."""
    CCACHE = "ccache"
    SCCACHE = "sccache"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheHits:
    """How many files of a build came from a compiler cache, and how many had to be compiled."""

    tool: CompilerCache
    hits: int = 0
    misses: int = 0

    @property
    def files(self) -> int:
        """All files that went through the cache."""
        return self.hits + self.misses
