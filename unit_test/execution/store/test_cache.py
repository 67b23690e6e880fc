"""Directories of the cache that are damaged: found out, removed, and made again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from cibw.errors import CibwError
from cibw.execution.store.cache import (
    is_intact,
    remove_damaged,
    remove_damaged_cache,
    repair_layout,
    seal_of,
    seal_outputs,
    seal_tree,
    sealing_outputs,
)
from unit_test.execution.damages import DAMAGES, Damage, flip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python").write_bytes(b"a program")
    (made / "bin" / "python3").symlink_to("python")
    seal_tree(made)
    return made


def test_what_was_sealed_is_intact(tree: Path) -> None:
    assert is_intact(tree)
    (tree / "lib" / "__pycache__").mkdir(parents=True)
    (tree / "lib" / "__pycache__" / "a.pyc").touch()
    assert is_intact(tree)


@pytest.mark.parametrize("name", ["bin/python", "bin/python3", "cibw-seal"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_tree_is_removed_with_one_notice(tree: Path, name: str, damage: Damage) -> None:
    if name == "cibw-seal" and damage is Path.unlink:
        pytest.skip("a tree without a seal gets one")
    damage(tree / name)
    notices: list[str] = []
    assert not remove_damaged(tree, notices.append)
    assert not tree.exists()
    assert len(notices) == 1
    assert str(tree) in notices[0]


def test_what_a_build_installs_into_an_interpreter_does_not_stay(tree: Path) -> None:
    (tree / "lib" / "site-packages").mkdir(parents=True)
    (tree / "lib" / "site-packages" / "extra.py").touch()
    assert not is_intact(tree)


def test_a_file_that_was_touched_is_judged_by_its_content(tree: Path) -> None:
    os.utime(tree / "bin" / "python", (1, 1))
    assert is_intact(tree)
    (tree / "bin" / "python").write_bytes(b"a proGram")
    assert not is_intact(tree)


def test_a_tree_without_a_seal_gets_one(tree: Path) -> None:
    seal_of(tree).unlink()
    assert is_intact(tree)
    assert seal_of(tree).is_file()


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_another_kind_of_file_in_place_of_a_tree_is_removed(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "tree")
    notices: list[str] = []
    assert not remove_damaged(tmp_path / "tree", notices.append)
    assert not os.path.lexists(tmp_path / "tree")
    assert len(notices) == 1
    assert not remove_damaged(tmp_path / "tree", notices.append)
    assert len(notices) == 1


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    cache = tmp_path / "zig"
    for name in ("o/1/libc++.a", "b/2/builtin.zig", "h/3.txt"):
        (cache / name).parent.mkdir(parents=True)
        (cache / name).write_bytes(b"content")
        os.utime(cache / name, (1_000_000, 1_000_000))
    seal_outputs(cache, ("b", "o"))
    return cache


def damaged(cache: Path) -> list[str]:
    notices: list[str] = []
    remove_damaged_cache(cache, ("b", "o"), notices.append, manifests="h")
    assert bool(notices) != (cache / "h").exists()
    return notices


def test_outputs_that_are_new_or_not_noted_are_fine(compiled: Path) -> None:
    (compiled / "o" / "4").mkdir()
    (compiled / "o" / "4" / "a.o").touch()
    (compiled / "h" / "3.txt").write_bytes(b"other")
    assert damaged(compiled) == []


@pytest.mark.parametrize("name", ["o/1/libc++.a", "b/2/builtin.zig"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_output_removes_the_compilers_cache(compiled: Path, name: str, damage: Damage) -> None:
    damage(compiled / name)
    assert len(damaged(compiled)) == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_compilers_cache_whose_notes_are_damaged_is_removed(compiled: Path, damage: Damage) -> None:
    damage(compiled / "cibw-seal")
    assert len(damaged(compiled)) == 1


def test_a_new_cache_has_notes_before_it_has_outputs(tmp_path: Path) -> None:
    cache = tmp_path / "zig"
    notices: list[str] = []
    remove_damaged_cache(cache, ("b", "o"), notices.append)
    (cache / "o" / "1").mkdir(parents=True)
    (cache / "o" / "1" / "a.o").touch()
    remove_damaged_cache(cache, ("b", "o"), notices.append)
    assert notices == []
    assert (cache / "o" / "1" / "a.o").exists()


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("nowhere"), os.mkfifo])
def test_what_is_no_file_among_the_manifests_removes_the_compilers_cache(
    compiled: Path, make: Callable[[Path], None]
) -> None:
    make(compiled / "h" / "4.txt")
    assert len(damaged(compiled)) == 1


def test_what_is_still_being_written_is_not_noted(compiled: Path) -> None:
    (compiled / "o" / "4").mkdir()
    (compiled / "o" / "4" / "half.a").write_bytes(b"half")
    in_an_hour = (compiled / "o" / "4" / "half.a").stat().st_mtime + 3600
    os.utime(compiled / "o" / "4" / "half.a", (in_an_hour, in_an_hour))
    seal_outputs(compiled, ("b", "o"))
    flip(compiled / "o" / "4" / "half.a")
    assert damaged(compiled) == []


@pytest.mark.parametrize("place", [os.mkfifo, os.mkdir])
def test_a_lock_that_was_replaced_stops_nothing(compiled: Path, place: Callable[[Path], None]) -> None:
    place(compiled / "users.lock")
    with sealing_outputs(compiled, ("b", "o")):
        pass
    assert damaged(compiled) == []


@pytest.mark.parametrize("others", [0, 1])
def test_new_outputs_are_noted_where_nobody_else_uses_the_cache(compiled: Path, others: int) -> None:
    new = compiled / "o" / "4" / "new.a"
    with ExitStack() as stack:
        for _ in range(others):
            stack.enter_context(sealing_outputs(compiled, ("b", "o")))
        with sealing_outputs(compiled, ("b", "o")):
            new.parent.mkdir()
            new.write_bytes(b"content")
            in_an_hour = new.stat().st_mtime + 3600
            os.utime(new, (in_an_hour, in_an_hour))
        flip(new)
        assert len(damaged(compiled)) == 1 - others
        shutil.rmtree(compiled, ignore_errors=True)


# The outline of the cache directory, where something of another kind stands in the place of a file or directory.

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
