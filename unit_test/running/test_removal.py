from __future__ import annotations

import os
from pathlib import Path

import pytest

from cibw.running.removal import put_in_place, remove_tree


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
