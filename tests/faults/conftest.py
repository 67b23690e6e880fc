"""Engines and reference wheels for the tests of faults."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.builds import CACHE
from tests.faults.checks import Expected
from tests.faults.runs import Trial, trial_in
from tests.faults.wheels import contents_of
from tests.installing import here


class Start(Protocol):
    """Makes trials of the project `gated`."""

    def __call__(self, engine: str, count: int = 1, name: str = "trial", *, own_zig: bool = False) -> Trial:
        """Make one for an engine and a number of Pythons; where it has its own zig cache, its first run takes long."""


Reference = Callable[[str, int], Expected]
"""Gives the wheels that an undisturbed run makes with an engine for a number of Pythons."""


@pytest.fixture(autouse=True)
def _linux_only() -> None:
    if sys.platform != "linux":
        pytest.skip("reads /proc")


@pytest.fixture(scope="session")
def identifiers() -> tuple[str, ...]:
    """Two identifiers that this computer builds."""
    first, second = here("cp310", "cp311", "cp312", "cp313")[:2]
    return (f"{first}-manylinux_x86_64", f"{second}-manylinux_x86_64")


@pytest.fixture(scope="session")
def zig() -> Path:
    """What zig has compiled in other tests; compiling a C library anew takes long."""
    directory = CACHE / "zig"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory, identifiers: tuple[str, ...], zig: Path) -> Reference:
    """The wheels of an engine, built once without any fault."""
    known: dict[str, Expected] = {}

    def find(engine: str, count: int) -> Expected:
        if engine not in known:
            trial = trial_in(tmp_path_factory.mktemp("reference") / engine, engine, identifiers, zig)
            try:
                ran = trial.run()
                assert ran.exit_code == 0, ran.output
                assert len(ran.wheels) == len(identifiers), ran.output
                known[engine] = Expected(wheels={wheel.name: contents_of(wheel) for wheel in ran.wheels})
            finally:
                trial.close()
        tags = {identifier.partition("-")[0] for identifier in identifiers[:count]}
        wheels = {name: wheel for name, wheel in known[engine].wheels.items() if name.split("-")[2] in tags}
        return Expected(wheels=wheels)

    return find


@pytest.fixture
def start(tmp_path: Path, identifiers: tuple[str, ...], zig: Path) -> Iterator[Start]:
    """Makes trials, which are closed at the end of the test."""
    with ExitStack() as stack:

        def make(engine: str, count: int = 1, name: str = "trial", *, own_zig: bool = False) -> Trial:
            trial = trial_in(tmp_path / name, engine, identifiers[:count], None if own_zig else zig)
            stack.callback(trial.close)
            return trial

        yield make


@pytest.fixture
def need_root() -> None:
    """Skip where the tests do not run as root."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
