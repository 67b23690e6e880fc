from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cibw.errors import ReleaseFaultError
from cibw.release.collect import copy_file, files_in, folders_below, odd_names

WHEEL = "demo-1.0-py3-none-any.whl"


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_folders_with_something_are_found_to_the_bottom(tmp_path: Path) -> None:
    for name in ("a/cibw-wheels-x/w.whl", "a/flat.tar.gz", "a/dist/old.whl", "a/b/c/dist.json", "a/.git/x.whl"):
        put(tmp_path / name)
    put(tmp_path / "a/logs/x.log")
    put(tmp_path / "a/p/x.whl.publish.attestation")
    put(tmp_path / "a/hidden/.x.whl.part")
    (tmp_path / "a/link").symlink_to("b")
    found = folders_below(tmp_path / "a", tmp_path / "a/dist")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a", "a/b/c", "a/cibw-wheels-x", "a/p"]


def test_folders_inside_of_the_output_count_but_not_itself(tmp_path: Path) -> None:
    put(tmp_path / "dist/a.whl")
    put(tmp_path / "dist/cibw-sdist/a.tar.gz")
    assert list(folders_below(tmp_path / "dist", tmp_path / "dist")) == [tmp_path / "dist/cibw-sdist"]


def test_files_are_described(tmp_path: Path) -> None:
    put(tmp_path / "dist.json")
    put(tmp_path / "notes.txt")
    put(tmp_path / WHEEL, b"abc")
    (found,) = files_in(tmp_path, "a")
    assert (found.path, found.size, found.sha256) == (f"a/{WHEEL}", 3, hashlib.sha256(b"abc").hexdigest())


def test_odd_names_are_all_told(tmp_path: Path) -> None:
    for name in (WHEEL, "demo.whl", "backup.tar.gz", "odd.whl.publish.attestation", f"{WHEEL}.publish.attestation"):
        put(tmp_path / name)
    mistakes = odd_names(files_in(tmp_path, "a"))
    assert [one.place for one in mistakes] == ["a/backup.tar.gz", "a/demo.whl", "a/odd.whl.publish.attestation"]


def test_a_copy_appears_as_a_whole(tmp_path: Path) -> None:
    source = put(tmp_path / f"a/{WHEEL}", b"abc")
    (tmp_path / "dist").mkdir()
    (found,) = files_in(tmp_path / "a", "a")
    copy_file(found, source, tmp_path / "dist")
    assert [path.name for path in (tmp_path / "dist").iterdir()] == [WHEEL]
    assert (tmp_path / f"dist/{WHEEL}").read_bytes() == b"abc"


def test_a_file_that_changes_meanwhile_is_not_copied(tmp_path: Path) -> None:
    source = put(tmp_path / f"a/{WHEEL}", b"abc")
    (tmp_path / "dist").mkdir()
    (found,) = files_in(tmp_path / "a", "a")
    source.write_bytes(b"other")
    with pytest.raises(ReleaseFaultError, match="changed while"):
        copy_file(found, source, tmp_path / "dist")
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    name = f"demo-1.0-{'x' * 227}-py3-none-any.whl"
    source = put(tmp_path / f"a/{name}", b"abc")
    (tmp_path / "dist").mkdir()
    (found,) = files_in(tmp_path / "a", "a")
    copy_file(found, source, tmp_path / "dist")
    assert [path.name for path in (tmp_path / "dist").iterdir()] == [name]


def test_a_link_with_the_name_of_an_unfinished_copy_is_not_followed(tmp_path: Path) -> None:
    source, victim = put(tmp_path / f"a/{WHEEL}", b"abc"), put(tmp_path / "victim", b"mine")
    (found,) = files_in(tmp_path / "a", "a")
    (tmp_path / "dist").mkdir()
    (tmp_path / f"dist/.cibw-{found.sha256[:32]}.part").symlink_to(victim)
    copy_file(found, source, tmp_path / "dist")
    assert victim.read_bytes() == b"mine"
    assert not (tmp_path / f"dist/{WHEEL}").is_symlink()
