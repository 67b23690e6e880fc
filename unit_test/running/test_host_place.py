from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cibw.running.host_place import host_place, numbered, whole_on_windows


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path) -> Iterator[Path]:
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path)
    yield tmp_path
    tempfile.tempdir = before


def test_a_project_has_the_same_place_in_every_run() -> None:
    with host_place("/project") as first:
        (first / "file").touch()
        assert first.stat().st_mode & 0o077 == 0 or first.parent.stat().st_mode & 0o077 == 0
    assert not first.exists()
    with host_place("/project") as again, host_place("/other") as other:
        assert again == first != other
        assert list(again.iterdir()) == []


def test_a_second_run_at_the_same_time_has_another_place() -> None:
    with host_place("/project") as first, host_place("/project") as second:
        assert first != second
        assert second.is_dir()
    assert not second.exists()


def test_what_a_killed_run_left_is_gone() -> None:
    with host_place("/project") as place:
        pass
    (place / "project").mkdir(parents=True)
    with host_place("/project") as again:
        assert again == place
        assert list(again.iterdir()) == []


@pytest.mark.parametrize("mode", [0o777, 0o750])
def test_nobody_else_may_prepare_the_place(scratch: Path, mode: int) -> None:
    root = scratch / f"cibw-{os.getuid()}"
    root.mkdir()
    root.chmod(mode)
    with host_place("/project") as place:
        assert place.parent == scratch


def test_a_link_in_place_of_the_root_is_not_followed(scratch: Path) -> None:
    (scratch / "elsewhere").mkdir(mode=0o700)
    (scratch / f"cibw-{os.getuid()}").symlink_to(scratch / "elsewhere")
    with host_place("/project") as place:
        assert place.parent == scratch


def test_directories_of_jobs_are_numbered(tmp_path: Path) -> None:
    assert [numbered(tmp_path, "host").name for _ in range(3)] == ["host-1", "host-2", "host-3"]


@pytest.mark.parametrize("chosen", ["C:\\Users\\Jo Doe\\Temp", "C:\\R&D\\Temp", "C:\\100%\\Temp", "C:\\a,b"])
def test_a_name_that_falls_apart_on_windows_is_not_taken(chosen: str) -> None:
    assert whole_on_windows(chosen, "C:\\ProgramData") == "C:\\ProgramData"


def test_a_whole_name_on_windows_is_taken() -> None:
    assert whole_on_windows("C:\\Users\\jo-doe_1\\Temp", "C:\\ProgramData") == "C:\\Users\\jo-doe_1\\Temp"


def test_a_link_to_the_directory_for_temporary_files_is_resolved(scratch: Path) -> None:
    (scratch / "real").mkdir()
    (scratch / "link").symlink_to("real")
    tempfile.tempdir = str(scratch / "link")
    with host_place("/project") as place:
        assert place.is_relative_to(scratch / "real")
