from __future__ import annotations

from cibw.model.compiler_cache import CacheHits, CompilerCache


def test_files_are_hits_and_misses() -> None:
    assert CacheHits(tool=CompilerCache.CCACHE, hits=5, misses=2).files == 7
