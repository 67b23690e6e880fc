"""Runs that take wheels from the store, on the host."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cibw.model.events import Status
from tests.builds import CACHE, Ran, build, copy_project, run_cibw
from tests.installing import here

pytestmark = pytest.mark.host

PYTHONS = here("cp310", "cp311", "cp312", "cp313")[:2]
IDENTIFIERS = [f"{tag}-manylinux_x86_64" for tag in PYTHONS]


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """A cache of the test's own, which begins with what zig has compiled already."""
    cache = tmp_path / "cache"
    cache.mkdir()
    if (CACHE / "zig").is_dir():
        (cache / "zig").symlink_to(CACHE / "zig")
    return {"CIBW_CACHE_PATH": str(cache), "CIBW_CACHE": "true", "CIBW_BUILD": " ".join(IDENTIFIERS)}


def statuses(ran: Ran) -> list[Status]:
    return [ran.results[identifier].status for identifier in IDENTIFIERS]


def test_the_same_command_again(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    first = build(project, "--engine", "host", settings=settings)
    contents = {wheel.name: wheel.read_bytes() for wheel in first.wheels}
    shutil.rmtree(first.output_dir)
    second = build(project, "--engine", "host", "--explain-cache", settings=settings)
    assert statuses(second) == [Status.RESTORED] * 2, second.output
    assert {wheel.name: wheel.read_bytes() for wheel in second.wheels} == contents
    assert all(result.tested for result in second.results.values())
    assert second.report.seconds < 1
    assert "2 wheels from the store" in second.output
    assert [path.name for path in sorted(second.output_dir.iterdir()) if path.suffix != ".whl"] == ["report.json"]


def test_a_changed_file_builds_again_and_is_named(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    build(project, "--engine", "host", settings=settings)
    (project / "note.txt").write_text("new")
    ran = build(project, "--engine", "host", "--explain-cache", settings=settings)
    assert statuses(ran) == [Status.BUILT] * 2
    assert f"{IDENTIFIERS[0]} is not in the store: the source: note.txt is new" in ran.output
    assert build(project, "--engine", "host", "--no-resume", settings=settings).output.count("from the store") == 0


def test_a_failed_build_that_was_mended_builds_alone(tmp_path: Path, settings: dict[str, str]) -> None:
    project = copy_project("c", tmp_path)
    version = PYTHONS[1].removeprefix("cp3")
    fails = f'python -c "import sys; sys.exit(sys.version_info[1] == {version})"'
    override = project / "cibw.toml"
    table = f'[[tool.cibw.overrides]]\nselect = "{IDENTIFIERS[1]}"\n'
    override.write_text(f"{table}before-build = {fails!r}\n")
    arguments = ("--engine", "host", "--keep-going", "--config-file", str(tmp_path / "options.toml"))
    shutil.move(override, tmp_path / "options.toml")
    broken = run_cibw(project, *arguments, settings=settings)
    assert statuses(broken) == [Status.BUILT, Status.FAILED], broken.output
    (tmp_path / "options.toml").write_text("")
    mended = build(project, *arguments, settings=settings)
    assert statuses(mended) == [Status.RESTORED, Status.BUILT], mended.output
