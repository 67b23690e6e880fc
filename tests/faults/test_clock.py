"""Clocks that jump, files from the future, and times that archives can't hold."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.checks import check_harmless, check_next_run
from tests.faults.conftest import Reference, Start
from tests.faults.runs import Trial

pytestmark = pytest.mark.host

YEAR = 365 * 86400
TIMES = {
    "the epoch": 0.0,
    "before 1980": 2e8,
    "in ten years": time.time() + 10 * YEAR,
    "in the year 2200": 7258118400.0,
}


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that moves the clock of the Python programs that load it."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library


class Clock:
    """The clock of a trial, as far as it is away from the true one; durations stay true, as with any real clock."""

    def __init__(self, trial: Trial, library: Path) -> None:
        self._file = trial.place / "clock"
        trial.more |= {"LD_PRELOAD": str(library), "TESTS_CLOCK": str(self._file)}
        self.move(0)

    def move(self, seconds: int) -> None:
        """Set the distance; a file that is read while it is written would give another time."""
        partial = self._file.with_suffix(".new")
        partial.write_text(f"{seconds:+d}\n")
        partial.replace(self._file)


@pytest.mark.faults_long
@pytest.mark.parametrize("step", ["before-all", "build", "test"])
@pytest.mark.parametrize("years", [-40, -1, 1, 40])
def test_the_clock_jumps_during_a_run(step: str, years: int, shifted: Path, start: Start, reference: Reference) -> None:
    trial, expected = start("host"), reference("host", 1)
    clock = Clock(trial, shifted)
    running = trial.reach(step)
    clock.move(years * YEAR)
    trial.gate.open()
    assert running.wait() == 0, running.output
    check_harmless(trial, expected)
    clock.move(0)
    check_next_run(trial, expected)
    check_next_run(trial, expected, "--no-resume")


@pytest.mark.faults_long
@pytest.mark.parametrize("years", [-60, -10, 10, 100])
def test_runs_with_another_clock_share_a_cache(years: int, shifted: Path, start: Start, reference: Reference) -> None:
    trial, expected = start("host"), reference("host", 1)
    clock = Clock(trial, shifted)
    for distance in (0, years * YEAR, 0):
        clock.move(distance)
        check_next_run(trial, expected)
        check_next_run(trial, expected, "--no-resume")


def files(trial: Trial) -> Iterator[Path]:
    """The files of a trial's project and of its cache."""
    for directory in (trial.project, trial.cache, trial.output_dir):
        yield from (path for path in directory.rglob("*") if not path.is_symlink())


@pytest.mark.faults_long
@pytest.mark.parametrize("name", TIMES)
def test_files_of_another_time(name: str, start: Start, reference: Reference) -> None:
    """Ages are counted from these times; what seems to come from the future must not count as fresh for ever."""
    trial, expected = start("host"), reference("host", 1)
    check_next_run(trial, expected)
    for path in files(trial):
        os.utime(path, (TIMES[name], TIMES[name]))
    check_next_run(trial, expected)
    trial.set_value("two")
    # The content has changed, and neither the time nor the size have.
    os.utime(trial.project / "value.txt", (TIMES[name], TIMES[name]))
    check_next_run(trial, expected)
    check_next_run(trial, expected, "--no-resume")


@pytest.mark.parametrize(
    "epoch", [pytest.param(e, marks=() if e == "0" else pytest.mark.faults_long) for e in ("0", "1", "315532799", "")]
)
def test_a_source_date_that_no_zip_archive_can_hold(epoch: str, start: Start, reference: Reference) -> None:
    trial, expected = start("host"), reference("host", 1)
    trial.more["SOURCE_DATE_EPOCH"] = epoch
    check_next_run(trial, expected)


@pytest.mark.faults_long
@pytest.mark.parametrize("epoch", ["-1", "soon", "1e9", "99999999999999999999", "4354819200"])
def test_a_source_date_that_is_none(epoch: str, start: Start, reference: Reference) -> None:
    trial, expected = start("host"), reference("host", 1)
    trial.more["SOURCE_DATE_EPOCH"] = epoch
    ran = trial.run()
    assert ran.exit_code == 0 or "SOURCE_DATE_EPOCH" in ran.output or "epoch" in ran.output.lower(), ran.output
    check_harmless(trial, expected)
    del trial.more["SOURCE_DATE_EPOCH"]
    check_next_run(trial, expected)
