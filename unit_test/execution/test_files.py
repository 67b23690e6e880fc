from __future__ import annotations

import os
from pathlib import Path

import pytest

from cibw.execution.files import put_in_place, read_note, remove_tree, sole_writer, take_lock


def test_a_directory_is_removed_with_what_is_read_only(tmp_path: Path) -> None:
    directory = tmp_path / "a"
    (directory / "b").mkdir(parents=True)
    (directory / "b" / "object").touch(0o444)
    remove_tree(directory)
    remove_tree(directory)
    assert not directory.exists()


def test_a_file_replaces_another(tmp_path: Path) -> None:
    for name in ("new", "old"):
        (tmp_path / name).write_text(name)
    put_in_place(tmp_path / "new", tmp_path / "old")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.skipif(os.name == "nt", reason="waits on Windows, where somebody may look at the file")
def test_what_can_not_be_moved_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "missing", tmp_path / "target")


def test_a_lock_is_held_once(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    assert take_lock(tmp_path / "lock") is None
    lock.release()
    again = take_lock(tmp_path / "lock")
    assert again is not None
    again.release(removes=True)
    assert list(tmp_path.iterdir()) == []


def test_who_inherits_the_lock_holds_it_too(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    inherited = os.dup(lock.descriptor)
    os.close(lock.descriptor)
    assert take_lock(tmp_path / "lock") is None
    os.close(inherited)
    again = take_lock(tmp_path / "lock")
    assert again is not None
    again.release()


def test_a_note_is_one_line_of_printable_text(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    lock.note("something longer, which goes")
    lock.note("process 1\x1b[2J")
    assert read_note(tmp_path / "lock") == "process 1[2J"
    lock.release()
    assert read_note(tmp_path / "missing") == ""


def test_a_link_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        take_lock(tmp_path / "lock")
    assert not (tmp_path / "elsewhere").exists()


def test_a_writer_waits_and_says_for_whom(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / ".cibw.lock")
    assert lock is not None
    told: list[str] = []
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            lock.note("process 7 on there, since noon")
        if len(pauses) == 3:
            lock.release(removes=True)

    with sole_writer(tmp_path, "here", told.append, pause):
        assert f"process {os.getpid()} on here, since" in read_note(tmp_path / ".cibw.lock")
    holder = "process 7 on there, since noon"
    wait = "Waiting for it to finish; press Ctrl-C to stop waiting."
    assert told == [f"{tmp_path} is in use by another cibw ({holder}). {wait}"]
    assert len(pauses) == 3
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_ends_the_waiting(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / ".cibw.lock")
    assert lock is not None

    def pause(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), sole_writer(tmp_path, "here", lambda _text: None, pause):
        pass
    lock.release()


def test_a_writer_removes_what_killed_runs_left_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".cibw-dead" / "wheel").mkdir(parents=True)
    for name in (".a.whl.part", ".dist.json.part", ".gitignore", ".cibw-file", "a.whl"):
        (tmp_path / name).touch()
    with sole_writer(tmp_path, "here", lambda _text: None):
        kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {".cibw.lock", ".gitignore", ".cibw-file", "a.whl"}


def test_without_locks_a_writer_warns_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / ".cibw.lock").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".cibw-of-another-run").mkdir()
    told: list[str] = []
    with sole_writer(tmp_path, "here", told.append):
        assert (tmp_path / ".cibw-of-another-run").is_dir()
    assert len(told) == 1
    assert "Cannot lock" in told[0]
