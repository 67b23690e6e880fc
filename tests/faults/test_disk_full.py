"""Full disks: below the output directory, the cache directory and the directory for temporary files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.checks import check_harmless, check_next_run
from tests.faults.conftest import Reference, Start
from tests.faults.runs import Trial

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("need_root")]

PAYLOAD = 2_000_000
"""Bytes that each wheel has at least, so that a disk fills up while one is written."""
PLACES = ("output", "cache", "temporary")
SIZES = ("16k", "64k", "1m", "5m")
QUICK = {("output", "1m"), ("temporary", "1m")}
CASES = [
    pytest.param(place, size, marks=() if (place, size) in QUICK else pytest.mark.faults_long, id=f"{place}-{size}")
    for place in PLACES
    for size in SIZES
]


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[None]:
    """A file system of a few bytes at a directory."""
    path.mkdir(exist_ok=True)
    mounted = mount(["-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(path)])
    if mounted.returncode != 0:
        pytest.skip(f"needs the right to mount: {mounted.stderr}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def mount(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Call mount."""
    return subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)


def place_of(trial: Trial, name: str) -> Path:
    """The directory of a trial that is on a small disk."""
    return {"output": trial.output_dir, "cache": trial.cache, "temporary": trial.temporary}[name]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_full_disk(name: str, size: str, start: Start, reference: Reference, zig: Path) -> None:
    trial, expected = start("host"), reference("host", 1)
    trial.set_size(PAYLOAD)
    place = place_of(trial, name)
    with small_disk(place, size):
        if name == "cache":
            (place / "zig").symlink_to(zig)
        ran = trial.run()
        check_harmless(trial, expected)
        if ran.exit_code == 0:
            assert {wheel.name for wheel in ran.wheels} == set(expected.of(trial)), ran.output
        else:
            assert "No space left on device" in ran.words or "disk" in ran.words.lower(), ran.output
        remounted = mount(["-o", "remount,size=400m", str(place)])
        assert remounted.returncode == 0, remounted.stderr
        check_next_run(trial, expected)


@pytest.mark.faults_long
@pytest.mark.parametrize("step", ["build", "test"])
def test_a_disk_that_fills_up_during_a_run(step: str, start: Start, reference: Reference) -> None:
    trial, expected = start("host"), reference("host", 1)
    trial.set_size(PAYLOAD)
    with small_disk(trial.output_dir, "50m"):
        running = trial.reach(step)
        filler = trial.output_dir / "filler.tmp"
        fill(filler)
        trial.gate.open()
        assert running.wait() != 0, running.output
        check_harmless(trial, expected)
        filler.unlink()
        check_next_run(trial, expected)


def fill(path: Path) -> None:
    """Take all that is left of a disk."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        # A write that finds too little place is a short one, and the next one fails.
        while file.write(bytes(1 << 20)):
            pass
