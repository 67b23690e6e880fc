from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from cibw.running.container_archive import Archive, pack
from cibw.running.machine import Tree


def opened(archive: Archive) -> tarfile.TarFile:
    raw = b"".join(archive.pieces)
    assert len(raw) == archive.size
    return tarfile.open(fileobj=io.BytesIO(raw))


def test_bytes_become_a_file_in_the_directory_of_the_target() -> None:
    archive = pack(b"hello", "/a/b/../c.txt")
    assert archive.directory == "/a"
    with opened(archive) as tar:
        (member,) = tar.getmembers()
        assert (member.name, member.mode, member.uid) == ("c.txt", 0o644, 0)
        content = tar.extractfile(member)
        assert content is not None
        assert content.read() == b"hello"


def test_modes_times_links_and_long_names_are_kept(tmp_path: Path) -> None:
    long_name = "/".join(["x" * 90] * 3)
    (tmp_path / long_name).parent.mkdir(parents=True)
    (tmp_path / long_name).write_bytes(b"y" * 5000)
    (tmp_path / long_name).chmod(0o755)
    os.utime(tmp_path / long_name, (1000, 1000))
    (tmp_path / "link").symlink_to("dangling")
    (tmp_path / "caf\u00e9").touch()
    (tmp_path / "empty").mkdir()
    archive = pack(Tree(root=tmp_path, files=(long_name, "link", "caf\u00e9", "empty")), "/project/")
    assert archive.directory == "/project"
    with opened(archive) as tar:
        file, link, accent, empty = tar.getmembers()
        assert (file.name, file.size, file.mode, file.mtime) == (long_name, 5000, 0o755, 1000)
        assert (link.issym(), link.linkname) == (True, "dangling")
        assert accent.name == "caf\u00e9"
        assert empty.isdir()


def test_a_directory_is_packed_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").touch()
    (tmp_path / "sub" / "self").symlink_to("..")
    os.mkfifo(tmp_path / "fifo")
    archive = pack(tmp_path, "/q")
    assert archive.directory == "/q"
    with opened(archive) as tar:
        assert tar.getnames() == ["sub", "sub/a", "sub/self"]


def test_a_file_that_shrinks_meanwhile_does_not_spoil_the_archive(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3000)
    archive = pack(tmp_path / "a", "/a")
    (tmp_path / "a").write_bytes(b"y")
    with opened(archive) as tar:
        assert tar.getmembers()[0].size == 3000


def test_the_error_of_a_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    archive = pack(Tree(root=tmp_path, files=("a",)), "/a")
    (tmp_path / "a").unlink()
    with pytest.raises(FileNotFoundError):
        b"".join(archive.pieces)
    assert isinstance(archive.pieces.fault, FileNotFoundError)


def test_large_files_come_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 5_000_000)
    sizes = [len(piece) for piece in pack(tmp_path / "a", "/a").pieces]
    assert max(sizes) < 3_000_000
    assert sum(sizes) > 5_000_000


def test_a_relative_target_is_refused() -> None:
    with pytest.raises(ValueError, match="not absolute"):
        pack(b"", "a/b")
