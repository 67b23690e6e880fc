"""Damaged cache directories: every kind of entry, damaged in several ways, never spoils a build."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builds import Ran
from tests.faults.checks import Expected, check_clean, check_next_run
from tests.faults.conftest import Reference, Start
from tests.faults.runs import Trial

pytestmark = pytest.mark.host

Damage = Callable[[Path], None]


def truncate(path: Path) -> None:
    """Leave the first half of a file."""
    data = path.read_bytes()
    replace(path, data[: len(data) // 2])


def empty(path: Path) -> None:
    """Leave nothing of a file."""
    replace(path, b"")


def garbage(path: Path) -> None:
    """Replace a file by as many bytes that mean nothing."""
    replace(path, b"\xff\x00{[" * (path.stat().st_size // 4 + 1))


def directory(path: Path) -> None:
    """Put a directory in the place of a file."""
    path.unlink()
    (path / "inner").mkdir(parents=True)


def missing(path: Path) -> None:
    """Remove a file."""
    path.unlink()


def dangling(path: Path) -> None:
    """Put a link that leads nowhere in the place of a file."""
    path.unlink()
    path.symlink_to("nowhere")


def replace(path: Path, data: bytes) -> None:
    """Give a file another content; names that are hard links of it keep theirs."""
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(data)
    path.chmod(mode)


DAMAGES: dict[str, Damage] = {
    "truncated": truncate,
    "empty": empty,
    "garbage": garbage,
    "directory": directory,
    "missing": missing,
    "dangling": dangling,
}
QUICK = ("truncated", "directory")


def kinds(cache: Path) -> dict[str, list[Path]]:
    """The files of a cache directory by kind: the same path but for hashes and numbers."""
    found: dict[str, list[Path]] = {}
    for path in sorted(cache.rglob("*")):
        if path.is_file() and not path.is_symlink():
            found.setdefault(kind_of(path.relative_to(cache)), []).append(path)
    return found


def kind_of(path: Path) -> str:
    """The kind of a file: its place without what differs from one entry to the next.

    In what other tools keep, such as an unpacked environment, all files of the same suffix are one kind.
    """
    parts = [re.sub(r"[0-9a-f]{8,}|\d+", "*", part) for part in path.parts]
    parts = ["**" if part == "**" or (len(part) == 2 and not part.isalpha()) else part for part in parts]
    if len(parts) > 4 or parts[0] == "zig":
        parts = [*parts[:2], "...", f"*{path.suffix}"]
    return "/".join(parts)


def prepared(start: Start, *, own_zig: bool = True) -> Trial:
    """A trial whose cache directory is full: after a good run. It takes long where zig compiles all of its own."""
    trial = start("host", own_zig=own_zig)
    ran = trial.run()
    assert ran.exit_code == 0, ran.output
    shutil.rmtree(trial.output_dir)
    return trial


def rerun(trial: Trial, expected: Expected, *arguments: str) -> Ran:
    """Run again, from what the cache directory holds now, into an empty output directory."""
    shutil.rmtree(trial.output_dir, ignore_errors=True)
    ran = check_next_run(trial, expected, *arguments)
    check_clean(trial)
    return ran


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.faults_long) for n in DAMAGES]
)
def test_one_entry_of_every_kind_is_damaged(name: str, start: Start, reference: Reference) -> None:
    trial, expected = prepared(start, own_zig=name not in QUICK), reference("host", 1)
    for paths in kinds(trial.cache).values():
        DAMAGES[name](paths[0])
    rerun(trial, expected)
    rerun(trial, expected, "--no-resume")
    trial.set_value("two")
    rerun(trial, expected)


@pytest.mark.faults_long
@pytest.mark.parametrize("name", DAMAGES)
def test_every_entry_is_damaged(name: str, start: Start, reference: Reference) -> None:
    trial, expected = prepared(start), reference("host", 1)
    for paths in kinds(trial.cache).values():
        for path in paths:
            DAMAGES[name](path)
    rerun(trial, expected)
    rerun(trial, expected, "--no-resume")


@pytest.mark.faults_long
@pytest.mark.parametrize("name", ["garbage", "directory"])
def test_each_kind_is_damaged_alone(name: str, start: Start, reference: Reference) -> None:
    """A kind that only shows once all others are whole; what the damage of one breaks is told for all of them."""
    trial, expected = prepared(start), reference("host", 1)
    broken = {}
    for kind in kinds(trial.cache):
        paths = kinds(trial.cache).get(kind)
        if not paths:
            continue
        for path in paths:
            DAMAGES[name](path)
        try:
            rerun(trial, expected)
            rerun(trial, expected, "--no-resume")
        except AssertionError as error:
            broken[kind] = str(error)[-1500:]
    assert not broken, "\n".join(f"--- {kind}\n{text}" for kind, text in broken.items())


@pytest.mark.faults_long
@pytest.mark.parametrize("name", ["a file", "a link that leads nowhere"])
def test_directories_are_replaced(name: str, start: Start, reference: Reference) -> None:
    trial, expected = prepared(start), reference("host", 1)
    for path in sorted(trial.cache.iterdir()):
        if path.is_dir():
            shutil.rmtree(path)
            if name == "a file":
                path.write_text("in the way")
            else:
                path.symlink_to("nowhere")
    rerun(trial, expected)


@pytest.mark.faults_long
def test_a_cache_that_can_not_be_read_or_written(start: Start, reference: Reference) -> None:
    """As root no mode stands in the way, so the whole directory is a file."""
    trial, expected = prepared(start), reference("host", 1)
    shutil.rmtree(trial.cache)
    trial.cache.write_text("in the way")
    ran = trial.run()
    assert ran.exit_code != 0 or {wheel.name for wheel in ran.wheels} == set(expected.of(trial))
    assert "Traceback" not in ran.output
    trial.cache.unlink()
    trial.cache.mkdir()
    rerun(trial, expected)
