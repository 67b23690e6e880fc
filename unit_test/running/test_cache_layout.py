"""The outline of the cache directory, where something of another kind stands in the place of a file or directory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cibw.errors import CibwError
from cibw.running.cache_layout import repair_layout

FILES = (
    *("CACHEDIR.TAG", "interpreters.json", "store/lock", "store/secret", "toolchains/.lock"),
    *("toolchains/fallback/crypt.h", "volumes/docker-a.json", "downloads/ab/file.tar.lock", "interpreters/a.lock"),
    *("uv/x86_64.lock", "pyodide/a/.lock", "pyodide/a/.complete"),
)
DIRECTORIES = (
    *("downloads", "interpreters", "pyodide", "store", "store/wheels", "store/wheels/ab", "store/last", "store/memos"),
    *("toolchains", "toolchains/fallback", "toolchains/links", "uv", "volumes", "environments"),
    *("zig", "zig/b", "zig/h", "zig/o", "zig/z"),
)


def repaired(cache: Path) -> list[str]:
    notices: list[str] = []
    repair_layout(cache, notices.append)
    return notices


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["directory", "link", "fifo"])
def test_what_is_no_file_is_removed_with_one_notice(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "directory":
        (path / "inner").mkdir(parents=True)
    elif kind == "link":
        path.symlink_to("nowhere")
    else:
        os.mkfifo(path)
    (notice,) = repaired(tmp_path)
    assert str(path) in notice
    assert not os.path.lexists(path)
    assert repaired(tmp_path) == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_removed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o000)
    assert len(repaired(tmp_path)) == 1
    assert not path.exists()


@pytest.mark.parametrize("name", DIRECTORIES)
def test_a_file_in_place_of_a_directory_is_removed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a file")
    (notice,) = repaired(tmp_path)
    assert str(path) in notice
    assert not path.exists()


def test_what_is_in_order_stays(tmp_path: Path) -> None:
    for name in DIRECTORIES:
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert repaired(tmp_path) == []


def test_a_directory_may_be_a_link_to_another_disk(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "zig").symlink_to(tmp_path / "disk")
    assert repaired(tmp_path / "cache") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove everything")
def test_what_cannot_be_removed_is_named(tmp_path: Path) -> None:
    (tmp_path / "toolchains" / ".lock" / "inner").mkdir(parents=True)
    (tmp_path / "toolchains").chmod(0o500)
    with pytest.raises(CibwError, match=r"toolchains/\.lock") as caught:
        repaired(tmp_path)
    (tmp_path / "toolchains").chmod(0o700)
    assert "by hand" in caught.value.hint
