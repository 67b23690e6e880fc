from __future__ import annotations

import pytest

from cibw.execution.build import cache_hits
from cibw.model.machines import CacheHits, CompilerCache
from cibw.model.templates import Placeholder
from tests.doubles.machine import Answer, RecordingMachine

BINDINGS = {Placeholder.PROJECT: "/project", Placeholder.WORK: "/work", Placeholder.RESOURCES: "/resources"}
COUNT = ("sh", "/resources/compiler_cache.sh", "count", "/work")


@pytest.mark.parametrize(
    ("stdout", "expected"),
    [
        ("ccache 12 3\n", CacheHits(tool=CompilerCache.CCACHE, hits=12, misses=3)),
        ("sccache 0 0\n", CacheHits(tool=CompilerCache.SCCACHE)),
        ("", None),
    ],
)
def test_the_machine_is_asked_for_hits_and_misses(stdout: str, expected: CacheHits | None) -> None:
    machine = RecordingMachine({COUNT: Answer(stdout=stdout)})
    assert cache_hits(machine, BINDINGS, {"PATH": "/bin"}) == expected
    assert [(request.argv, request.cwd) for request in machine.requests] == [(COUNT, "/project")]
