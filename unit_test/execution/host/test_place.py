from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cibw.execution.files import private_root, scratch_directory, take_lock, whole_on_windows
from cibw.execution.host.processes import ProcessGuard
from cibw.execution.host.session import host_place, numbered


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path) -> Iterator[Path]:
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path)
    yield tmp_path
    tempfile.tempdir = before


def place_of(project: str) -> AbstractContextManager[Path]:
    return host_place(project, ProcessGuard(lambda _places, _locks: None))


def test_a_project_has_the_same_place_in_every_run() -> None:
    with place_of("/project") as first:
        (first / "file").touch()
        assert first.stat().st_mode & 0o077 == 0 or first.parent.stat().st_mode & 0o077 == 0
    assert not first.exists()
    with place_of("/project") as again, place_of("/other") as other:
        assert again == first != other
        assert list(again.iterdir()) == []


def test_a_second_run_at_the_same_time_has_another_place() -> None:
    with place_of("/project") as first, place_of("/project") as second:
        assert first != second
        assert second.is_dir()
    assert not second.exists()


def test_what_a_killed_run_left_is_gone() -> None:
    with place_of("/project") as place:
        pass
    (place / "project").mkdir(parents=True)
    with place_of("/project") as again:
        assert again == place
        assert list(again.iterdir()) == []


@pytest.mark.parametrize("mode", [0o777, 0o750])
def test_nobody_else_may_prepare_the_place(scratch: Path, mode: int) -> None:
    root = scratch / f"cibw-{os.getuid()}"
    root.mkdir()
    root.chmod(mode)
    with place_of("/project") as place:
        assert place.parent == scratch


def test_a_link_in_place_of_the_root_is_not_followed(scratch: Path) -> None:
    (scratch / "elsewhere").mkdir(mode=0o700)
    (scratch / f"cibw-{os.getuid()}").symlink_to(scratch / "elsewhere")
    with place_of("/project") as place:
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
    with place_of("/project") as place:
        assert place.is_relative_to(scratch / "real")


def test_a_place_whose_lock_is_held_by_others_is_left_to_them() -> None:
    with place_of("/project") as place:
        pass
    # As by the processes of a run that was killed.
    lock = take_lock(place.with_name(f"{place.name}.lock"))
    assert lock is not None
    with place_of("/project") as other:
        assert other.name == f"{place.name}-2"
    lock.release()
    with place_of("/project") as again:
        assert again == place


def test_a_place_that_a_process_works_in_is_left_to_it() -> None:
    with place_of("/project") as place:
        pass
    place.mkdir()
    before = Path.cwd()
    os.chdir(place)
    try:
        with place_of("/project") as other:
            assert other != place
            assert place.is_dir()
    finally:
        os.chdir(before)


def test_directories_of_killed_runs_go_and_those_of_live_runs_stay(scratch: Path) -> None:
    root = private_root(scratch)
    assert root is not None
    for name in ("dead", "alive"):
        (root / name / "file").mkdir(parents=True)
        (root / f"{name}.lock").touch()
    lock = take_lock(root / "alive.lock")
    assert lock is not None
    with scratch_directory("new") as directory, place_of("/project"):
        assert directory.is_relative_to(root)
        assert sorted(path.name for path in root.iterdir() if "alive" in path.name) == ["alive", "alive.lock"]
        assert not [path for path in root.iterdir() if "dead" in path.name]
    lock.release()
    with scratch_directory("new"):
        pass
    assert list(root.iterdir()) == []
