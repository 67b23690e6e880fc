"""Compiler caches: the one that a build uses, and its hits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CompilerCache(Enum):
    """The values of `compiler-cache`."""

    AUTO = "auto"
    """The first of ccache and sccache that the machine has, otherwise none."""
    CCACHE = "ccache"
    SCCACHE = "sccache"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheHits:
    """The numbers of files of a build that came from a compiler cache and that were compiled."""

    tool: CompilerCache
    hits: int = 0
    misses: int = 0

    @property
    def files(self) -> int:
        """All files that went through the cache."""
        return self.hits + self.misses
