"""Runs cibw as a user does: as a program of its own, in a copy of a project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from cibw.model.events import BuildResult, Report, Status
from cibw.model.release import WheelName
from cibw.reporting.codecs import report_from_json

ROOT = Path(__file__).parent.parent
PROJECTS = Path(__file__).parent / "projects"
CACHE = Path.home() / ".cache" / "cibw-test"
_OF_TESTS = {"CIBW_CACHE": "false", "CIBW_CACHE_PROJECT": "tests"}
"""Projects of tests lie in new directories, and share volumes of engines, so that these do not pile up."""
_FOREIGN = ("CIBW_", "VIRTUAL_ENV", "UV_PYTHON", "PYTHONPATH", "GITHUB_", "TF_BUILD", "GITLAB_CI", "TRAVIS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a call of cibw ended: exit code, standard output and error in one text, the output directory."""

    exit_code: int
    output: str
    output_dir: Path

    @property
    def words(self) -> str:
        """The output with one blank between words, wherever it breaks lines."""
        return " ".join(self.output.split())

    @property
    def wheels(self) -> list[Path]:
        """The wheels in the output directory, sorted by name."""
        return sorted(self.output_dir.glob("*.whl"))

    @property
    def report(self) -> Report:
        """The report beside the wheels."""
        return report_from_json((self.output_dir / "report.json").read_text(encoding="utf-8"))

    @property
    def results(self) -> dict[str, BuildResult]:
        """The results of the report by their build identifiers."""
        return {str(result.identifier): result for result in self.report.results}

    def wheel_of(self, identifier: str) -> Path:
        """The wheel that serves an identifier."""
        wheel = self.results[identifier].wheel
        assert wheel is not None, self.output
        return self.output_dir / wheel.filename


def copy_project(name: str, directory: Path) -> Path:
    """A copy of a project below tests/projects."""
    return Path(shutil.copytree(PROJECTS / name, directory / name))


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment for cibw: the caller's without its settings for cibw, with a cache that stays, and `settings`.

    Wheels never come from the store, and no image is prepared, unless the settings say so.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    own = {
        "PYTHONPATH": str(ROOT),
        "CIBW_CACHE_PATH": str(CACHE),
        **_OF_TESTS,
        "CIBW_PREPARED_IMAGES": "no",
    }
    return {**kept, **own, **(settings or {})}


def command(*arguments: str) -> list[str]:
    """The command line that runs cibw."""
    return [sys.executable, "-m", "cibw", *arguments]


def run_cibw(directory: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> Ran:
    """Run cibw in a directory; wheels go to its `wheelhouse`, unless the arguments say otherwise."""
    done = subprocess.run(
        command(*arguments),
        cwd=directory,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=1800,
    )
    return Ran(exit_code=done.returncode, output=done.stdout, output_dir=directory / "wheelhouse")


def build(project: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> Ran:
    """Run cibw in a project, and expect success."""
    ran = run_cibw(project, *arguments, settings=settings)
    assert ran.exit_code == 0, ran.output
    return ran


def selected(*identifiers: str) -> dict[str, str]:
    """Settings that select some identifiers."""
    return {"CIBW_BUILD": " ".join(identifiers)}


def native_files(wheel: Path) -> list[str]:
    """The shared libraries in a wheel."""
    with ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if name.endswith(".so") or ".so." in name]


def check_wheel(wheel: Path, platform_tag: str) -> None:
    """Expect a wheel that has a platform tag, and native files."""
    assert any(platform_tag in str(tag) for tag in WheelName.parse(wheel.name).tags), wheel.name
    assert native_files(wheel), f"{wheel.name} contains no native files"


def check_ended_well(ran: Ran, identifiers: Sequence[str]) -> None:
    """Expect that exactly these identifiers have a tested wheel, and that nothing half-written is left."""
    assert sorted(ran.results) == sorted(identifiers), ran.output
    assert all(result.tested for result in ran.results.values()), ran.output
    names = {ran.wheel_of(identifier).name for identifier in identifiers}
    assert {path.name for path in ran.wheels} == names
    assert {path.name for path in ran.output_dir.iterdir()} == {*names, "report.json", "dist.json", "logs"}


def check_made_once(ran: Ran) -> None:
    """Expect that one build made a wheel and that it serves all others; which one, the race decides."""
    statuses = [result.status for result in ran.results.values()]
    assert statuses.count(Status.BUILT) == 1, ran.output
    assert statuses.count(Status.REUSED) == len(statuses) - 1, ran.output
