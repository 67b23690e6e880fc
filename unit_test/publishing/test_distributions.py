from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cibw.errors import ConfigurationError
from cibw.publishing.distributions import read_directory, read_files


def test_wheels_then_the_sdist_with_size_and_hash(tmp_path: Path) -> None:
    (tmp_path / "a-1.tar.gz").write_bytes(b"source")
    (tmp_path / "a-1-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / ".a-1-py3-none-any.whl").write_bytes(b"half of it")
    (tmp_path / "report.json").write_bytes(b"{}")
    wheel, sdist = read_directory(tmp_path)
    assert wheel.path == tmp_path / "a-1-py3-none-any.whl"
    assert wheel.distribution.sha256 == hashlib.sha256(b"wheel").hexdigest()
    assert (sdist.distribution.filename, sdist.distribution.size) == ("a-1.tar.gz", 6)


def test_all_odd_names_are_told(tmp_path: Path) -> None:
    for name in ("a.whl", "b.tar.gz", "c-1.tar.gz"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ConfigurationError) as caught:
        read_directory(tmp_path)
    assert [Path(mistake.place).name for mistake in caught.value.mistakes] == ["a.whl", "b.tar.gz"]


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Directory not found") as caught:
        read_directory(tmp_path / "dist")
    assert "cibw collect" in caught.value.hint


def test_files_that_are_named(tmp_path: Path) -> None:
    (tmp_path / "a-1.tar.gz").write_bytes(b"source")
    (found,) = read_files((tmp_path / "a-1.tar.gz",))
    assert found.distribution.size == 6


def test_all_named_files_that_can_not_be_published_are_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ConfigurationError) as caught:
        read_files((tmp_path / "notes.txt", tmp_path / "a-1.tar.gz"))
    assert [Path(mistake.place).name for mistake in caught.value.mistakes] == ["notes.txt", "a-1.tar.gz"]
