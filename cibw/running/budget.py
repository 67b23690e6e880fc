"""How many processes each of the builds that run side by side may start."""

from __future__ import annotations

_VARIABLES = ("CMAKE_BUILD_PARALLEL_LEVEL", "CARGO_BUILD_JOBS", "NPY_NUM_BUILD_JOBS")


def job_budget(processors: int, builds: int) -> dict[str, str]:
    """Variables that tell make, CMake, Cargo and NumPy's build their share of the processors."""
    share = str(max(1, processors // max(1, builds)))
    return {"MAKEFLAGS": f"-j{share}", **dict.fromkeys(_VARIABLES, share)}
