"""Hostile sdists and wheels: nothing is written outside, no traceback, and memory and processor time are bounded."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builds import command, environment
from tests.faults.checks import check_output, leftovers
from tests.faults.hostile import Kinds
from tests.faults.hostile_sdists import sdist
from tests.faults.hostile_wheels import wheel
from tests.releases import make_sdist

MEMORY = 3 << 30
"""Bytes of address space; a run for an ordinary archive takes less than 0.5 GB of it."""
CPU_SECONDS = 120
"""Seconds of the processor; a run for an ordinary archive takes one or two."""
FILE_SIZE = 5 << 30
"""Bytes of a file; more than the 4 GiB up to which an archive may be unpacked."""
WALL_SECONDS = 900
SUCCESS = 0
KNOWN_CODES = {0, 2, 3, 5, 17, 18}
"""Success, mistakes in the configuration, nothing selected, no platform tag, a broken archive, faults of a release."""
NUMBERS = range(4)
"""Most kinds have variants, which their number chooses."""
MANY = range(150)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """A directory to work in, which lies deep in another one that must not change."""

    root: Path

    @property
    def work(self) -> Path:
        """Where cibw runs."""
        return self.root / "a" / "b" / "c" / "work"

    @property
    def target(self) -> Path:
        """What hostile archives aim at."""
        return self.root / "target"

    @property
    def temporary(self) -> Path:
        """The directory for temporary files, as deep as the one for work."""
        return self.root / "a" / "b" / "c" / "tmp"

    def prepare(self) -> None:
        """Make all directories, and a file that is to be overwritten."""
        for directory in (self.work, self.target, self.temporary):
            directory.mkdir(parents=True)
        (self.target / "victim.txt").write_text("untouched\n")

    def snapshot(self) -> Mapping[str, str]:
        """The files outside the directories that cibw may write to."""
        own = (self.work, self.temporary, self.root / "cache")
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "directory"
            for path in self.root.rglob("*")
            if not any(path.is_relative_to(directory) for directory in own)
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run cibw with limits on what it may take."""
        limits = [f"--as={MEMORY}", f"--cpu={CPU_SECONDS}", f"--fsize={FILE_SIZE}"]
        return subprocess.run(
            ["prlimit", *limits, *command(*arguments)],
            cwd=self.work,
            env=environment({"TMPDIR": str(self.temporary), "CIBW_CACHE_PATH": str(self.root / "cache")}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=WALL_SECONDS,
        )


def check_run(arena: Arena, kinds: Kinds | None, kind: str, *arguments: str) -> None:
    """Run cibw for an archive of a kind, and check what it did; without `kinds`, either verdict is right."""
    before = arena.snapshot()
    done = arena.run(*arguments)
    told = f"{kind}: exit code {done.returncode}\n{done.stdout[-4000:]}"
    assert arena.snapshot() == before, f"wrote outside: {told}"
    check_output(done.stdout)
    assert "Traceback" not in done.stdout, told
    assert done.returncode in KNOWN_CODES, told
    assert "\x1b[2J" not in done.stdout, f"a control sequence of an archive reaches the terminal: {told}"
    if kinds is not None and kind in kinds.refused:
        assert done.returncode != SUCCESS, f"accepted: {told}"
    if kinds is not None and kind == "plain":
        assert done.returncode == SUCCESS, f"refused: {told}"
    assert leftovers(arena.temporary) == []


def arena_in(place: Path) -> Arena:
    """A new arena."""
    arena = Arena(root=place / "arena")
    arena.prepare()
    return arena


def check_sdist(kind: str, number: int, place: Path) -> None:
    """Plan for a hostile sdist, and check it as part of a release."""
    arena = arena_in(place)
    path = sdist.make(kind, number, arena.work / "dist", arena.target)
    check_run(arena, sdist, kind, "plan", "--only", "cp311-manylinux_x86_64", str(path))
    check_run(arena, None, kind, "check", str(path))


def check_wheel(kind: str, number: int, place: Path) -> None:
    """Check a hostile wheel as part of a release."""
    arena = arena_in(place)
    # So that the wheel alone decides whether the release is refused.
    make_sdist(arena.work / "dist", "demo", "1.0")
    wheel.make(kind, number, arena.work / "dist", arena.target)
    check_run(arena, wheel, kind, "check", "dist")


@pytest.mark.parametrize("kinds", [sdist, wheel], ids=["sdist", "wheel"])
def test_a_number_always_gives_the_same_file(kinds: Kinds, tmp_path: Path) -> None:
    for kind in kinds.makers:
        if not kind.endswith("bomb") and not kind.startswith("many") and kind != "classifiers":
            first, second = (kinds.make(kind, 1, tmp_path / place / kind, tmp_path) for place in ("a", "b"))
            assert first.name == second.name
            assert not first.is_file() or first.read_bytes() == second.read_bytes(), kind


QUICK_SDISTS = ["plain", "long-path-links", "link-replaced", "metadata-bomb", "flipped-byte", "multipart"]
QUICK_WHEELS = ["plain", "broken-compression", "multipart", "duplicates", "truncated"]


@pytest.mark.parametrize("kind", QUICK_SDISTS)
def test_an_sdist(kind: str, tmp_path: Path) -> None:
    check_sdist(kind, 0, tmp_path)


@pytest.mark.parametrize("kind", QUICK_WHEELS)
def test_a_wheel(kind: str, tmp_path: Path) -> None:
    check_wheel(kind, 0, tmp_path)


@pytest.mark.faults_long
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("kind", sdist.makers)
def test_every_kind_of_sdist(kind: str, number: int, tmp_path: Path) -> None:
    check_sdist(kind, number, tmp_path)


@pytest.mark.faults_long
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("kind", wheel.makers)
def test_every_kind_of_wheel(kind: str, number: int, tmp_path: Path) -> None:
    check_wheel(kind, number, tmp_path)


@pytest.mark.faults_long
@pytest.mark.parametrize("number", MANY)
def test_mutations(number: int, tmp_path: Path) -> None:
    check_sdist("mutated", 1000 + number, tmp_path / "sdist")
    check_wheel("mutated", 1000 + number, tmp_path / "wheel")
