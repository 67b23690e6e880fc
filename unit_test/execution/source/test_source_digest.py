from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest

from cibw.execution.machine import Tree
from cibw.execution.source.project import ProjectState, digest_of
from cibw.execution.store.keys import KeyedHash

KEYED_HASH = KeyedHash(b"secret")


class Project:
    """A small project with files that were written long ago."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "project"
        self.memo = directory / "memo.json"
        self.listing = ""
        self.names = ["a.c", "sub", "sub/b.h", "link"]
        (self.root / "sub").mkdir(parents=True)
        self.write("a.c", "int a;")
        self.write("sub/b.h", "int b;")
        (self.root / "link").symlink_to("a.c")

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def state(self) -> ProjectState:
        return ProjectState(Tree(root=self.root, files=tuple(self.names)), self.listing, KEYED_HASH, self.memo)

    def digest(self) -> str:
        return digest_of(self.state().hashes, KEYED_HASH)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_same_files_give_the_same_hash(project: Project) -> None:
    before = project.digest()
    project.write("a.c", "int a;")
    os.utime(project.root / "a.c", (1, 1))
    project.names.reverse()
    assert project.digest() == before


@pytest.mark.parametrize("change", ["content", "mode", "link", "new", "gone", "kind", "index"])
def test_every_change_counts(project: Project, change: str) -> None:
    before = project.digest()
    if change == "content":
        project.write("sub/b.h", "int c;")
    elif change == "mode":
        (project.root / "a.c").chmod(0o755)
    elif change == "link":
        (project.root / "link").unlink()
        (project.root / "link").symlink_to("sub/b.h")
    elif change == "new":
        project.write("c.c", "")
        project.names.append("c.c")
    elif change == "gone":
        project.names.remove("a.c")
    elif change == "kind":
        (project.root / "link").unlink()
        project.write("link", "a.c")
    else:
        project.listing = "100644 0 a.c"
    assert project.digest() != before


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        (".git/HEAD", True),
        (".git/refs/heads/objects/x", True),
        (".git/modules/lib/refs/heads/logs", True),
        (".git/index", False),
        (".git/objects/aa/bb", False),
        (".git/logs/HEAD", False),
        (".git/modules/lib/objects/aa", False),
        (".git/modules/group/lib/index", False),
        (".git/FETCH_HEAD", False),
        ("nested/.git/HEAD", True),
        ("nested/.git/index", False),
        ("nested/.git/objects/aa/bb", False),
        ("sub.git/index", True),
        ("index", True),
    ],
)
def test_what_git_keeps_for_itself_does_not_count(project: Project, name: str, counts: bool) -> None:
    (project.root / name).parent.mkdir(parents=True, exist_ok=True)
    project.names.append(name)
    project.write(name, "one")
    before = project.digest()
    project.write(name, "another")
    assert (project.digest() != before) is counts


def test_entries_that_lie_elsewhere_or_nowhere_count(project: Project, tmp_path: Path) -> None:
    (tmp_path / "head").write_text("one")

    def hashes(made: bytes) -> Mapping[str, str]:
        tree = Tree(root=project.root, files=("HEAD", "config"), moved={"HEAD": tmp_path / "head", "config": made})
        state = ProjectState(tree, "", KEYED_HASH, project.memo)
        assert not state.has_changed
        return state.hashes

    before = hashes(b"a")
    assert before.keys() == {"HEAD", "config"}
    after = hashes(b"b")
    assert (before["HEAD"] == after["HEAD"], before["config"] == after["config"]) == (True, False)
    (tmp_path / "head").write_text("two")
    assert hashes(b"b")["HEAD"] != after["HEAD"]


def test_files_that_have_settled_are_read_once(project: Project) -> None:
    # The time of change can't be set, so the test takes files that stand already.
    tree = Tree(root=Path(__file__).parent, files=("__init__.py",))
    first = ProjectState(tree, "", KEYED_HASH, project.memo)
    [entry] = json.loads(project.memo.read_text()).values()
    project.memo.write_text(json.dumps({"__init__.py": ["remembered", entry[1]]}))
    assert first.hashes["__init__.py"] == entry[0]
    assert ProjectState(tree, "", KEYED_HASH, project.memo).hashes == {"__init__.py": "remembered"}
    project.memo.write_text(json.dumps({"__init__.py": ["remembered", [0, *entry[1][1:]]]}))
    assert ProjectState(tree, "", KEYED_HASH, project.memo).hashes == first.hashes


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a.c": 1}', '{"a.c": ["x", "y"]}', '{"a.c": ["x", ["y"]]}'])
def test_a_broken_memo_is_none(project: Project, text: str) -> None:
    before = project.digest()
    project.memo.write_text(text)
    assert project.digest() == before


def test_a_file_that_has_just_changed_is_not_trusted(project: Project) -> None:
    project.digest()
    assert "a.c" not in json.loads(project.memo.read_text() if project.memo.exists() else "{}")


def test_a_change_during_the_run_is_noticed(project: Project) -> None:
    first = project.state()
    project.write("a.c", "int a; // and more")
    assert first.has_changed
    second = project.state()
    (project.root / "a.c").unlink()
    assert second.has_changed


def test_no_change_during_the_run(project: Project) -> None:
    assert not project.state().has_changed


def test_a_file_that_is_larger_than_memory_is_read_in_pieces(project: Project) -> None:
    with (project.root / "a.c").open("r+b") as file:
        file.truncate(65 << 20)
    tracemalloc.start()
    before = project.digest()
    assert tracemalloc.get_traced_memory()[1] < 32 << 20
    tracemalloc.stop()
    with (project.root / "a.c").open("r+b") as file:
        file.seek(60 << 20)
        file.write(b"x")
    assert project.digest() != before
