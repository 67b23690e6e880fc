from __future__ import annotations

import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model.command import Request
from cibw.running.git import unquote
from cibw.running.recording import Answer, RecordingMachine
from cibw.running.source import git_index, project_files

_NAMED = {7: "a", 8: "b", 12: "f", 10: "n", 13: "r", 9: "t", 11: "v", 34: '"', 92: "\\"}


def quote(name: bytes) -> str:
    """As git's quote.c prints a path."""
    plain = set(string.printable.encode()) - set(_NAMED)
    text = "".join(chr(b) if b in plain else f"\\{_NAMED[b]}" if b in _NAMED else f"\\{b:03o}" for b in name)
    return text if text.encode() == name else f'"{text}"'


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name))
def test_every_path_of_git_is_read_back(name: bytes) -> None:
    assert os.fsencode(unquote(quote(name))) == name


def git(cached: str, others: str, exit_code: int = 0) -> RecordingMachine:
    def answer(request: Request) -> Answer:
        return Answer(stdout=cached if "--cached" in request.argv else others, exit_code=exit_code)

    return RecordingMachine(answer)


def project(root: Path) -> Path:
    for name in ("pyproject.toml", "src/a.c", "new.py", "build/x.o", "wheelhouse/a.whl", ".git/HEAD", ".git/refs/x"):
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).touch()
    (root / "caf\u00e9").touch()
    (root / "link").symlink_to("src")
    (root / "dangling").symlink_to("nowhere")
    return root


def test_the_files_are_those_that_git_sees(tmp_path: Path) -> None:
    machine = git('pyproject.toml\nsrc/a.c\ndeleted.py\n"caf\\303\\251"\nlink\ndangling\n', "new.py\n")
    tree = project_files(machine, project(tmp_path))
    assert tree.root == tmp_path
    own = {".git", ".git/HEAD", ".git/refs", ".git/refs/x"}
    seen = {"pyproject.toml", "src/a.c", "new.py", "caf\u00e9", "link", "dangling"}
    assert tree.files == tuple(sorted(own | seen))
    assert all(request.cwd == str(tmp_path) for request in machine.requests)


def test_what_is_excluded_never_is_in_it(tmp_path: Path) -> None:
    machine = git("pyproject.toml\nwheelhouse/a.whl\n", "new.py\n")
    excluded = (tmp_path / "wheelhouse", tmp_path / "new.py", tmp_path / ".git", tmp_path.parent)
    assert project_files(machine, project(tmp_path), excluded).files == ("pyproject.toml",)


@pytest.mark.parametrize("machine", [git("", "", 128), git("", "", 127), git("", "")])
def test_without_git_it_is_everything(tmp_path: Path, machine: RecordingMachine) -> None:
    files = project_files(machine, project(tmp_path), (tmp_path / "wheelhouse",)).files
    assert {"build/x.o", "src", "link", "dangling", ".git/HEAD"} <= set(files)
    assert "link/a.c" not in files
    assert not any(name.startswith("wheelhouse") for name in files)


def test_the_git_file_of_a_worktree_stays_behind(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /elsewhere")
    (tmp_path / "a").touch()
    assert project_files(git("a\n", ""), tmp_path).files == ("a",)


def test_a_nested_repository_is_an_entry_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert project_files(git("", "sub/\n"), tmp_path).files == ("sub",)


def test_variables_of_a_hook_of_git_do_not_lead_astray(tmp_path: Path) -> None:
    machine = RecordingMachine(environment={"PATH": "/bin", "GIT_DIR": "/else/.git", "GIT_INDEX_FILE": "/else/index"})
    project_files(machine, project(tmp_path))
    assert [request.environment for request in machine.requests] == [{"PATH": "/bin"}] * len(machine.requests)
    assert machine.requests


def test_the_index_of_git_is_its_listing() -> None:
    machine = RecordingMachine(lambda request: Answer(stdout="100644 aa 0\ta.c\n" if "--stage" in request.argv else ""))
    assert git_index(machine, Path("/p")) == "100644 aa 0\ta.c"
    assert not git_index(RecordingMachine(lambda _request: Answer(stdout="x", exit_code=128)), Path("/p"))
