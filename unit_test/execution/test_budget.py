from __future__ import annotations

import pytest

from cibw.execution.pool import job_budget


@pytest.mark.parametrize(("processors", "builds", "share"), [(8, 1, "8"), (8, 3, "2"), (2, 4, "1"), (1, 0, "1")])
def test_every_tool_hears_of_the_share(processors: int, builds: int, share: str) -> None:
    assert job_budget(processors, builds) == {
        "MAKEFLAGS": f"-j{share}",
        "CMAKE_BUILD_PARALLEL_LEVEL": share,
        "CARGO_BUILD_JOBS": share,
        "NPY_NUM_BUILD_JOBS": share,
    }
