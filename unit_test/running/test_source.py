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
from cibw.running.source import every_file, git_index, project_files

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


def test_variables_do_not_lead_git_astray(tmp_path: Path) -> None:
    own = {"PATH": "/bin", "HOME": "/home/a", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory"}
    foreign = dict.fromkeys(("GIT_DIR", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_TRACE", "PAGER", "SECRET"), "/x")
    machine = RecordingMachine(environment={**own, **foreign, "PATH": f".{os.pathsep}/bin{os.pathsep}"})
    project_files(machine, project(tmp_path))
    assert machine.requests
    for request in machine.requests:
        assert own.items() <= request.environment.items()
        assert not foreign.keys() & request.environment.keys()


def test_no_setting_of_a_project_makes_git_run_a_program(tmp_path: Path) -> None:
    machine = RecordingMachine()
    project_files(machine, project(tmp_path))
    for request in machine.requests:
        for setting in ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "protocol.allow=never"):
            assert request.argv[request.argv.index(setting) - 1] == "-c"
        assert request.environment["GIT_ALLOW_PROTOCOL"] == "none"


def test_a_repository_of_another_user_is_told(tmp_path: Path) -> None:
    stderr = "fatal: unsafe repository\n\tgit config --global --add safe.directory /x\n"
    machine, notes = RecordingMachine(lambda _request: Answer(stderr=stderr, exit_code=128)), list[str]()
    assert "build/x.o" in project_files(machine, project(tmp_path), tell=notes.append).files
    [note] = notes
    assert f"git config --global --add safe.directory {tmp_path}" in note
    quiet = RecordingMachine(lambda _request: Answer(stderr="fatal: not a git repository", exit_code=128))
    project_files(quiet, tmp_path, tell=notes.append)
    assert notes == [note]


def test_names_that_lead_out_of_the_project_are_dropped(tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    (tmp_path / "outside").touch()
    listed = f"pyproject.toml\n../outside\nsrc/../../outside\n{tmp_path}/outside\nlink/a.c\nlink\n"
    files = project_files(git(listed, ""), root).files
    assert [name for name in files if not name.startswith(".git")] == ["link", "pyproject.toml"]


def test_all_files_of_an_sdist(tmp_path: Path) -> None:
    files = every_file(project(tmp_path), (tmp_path / "wheelhouse",)).files
    assert {".git/HEAD", "build/x.o"} <= set(files)
    assert "wheelhouse/a.whl" not in files


def test_the_index_of_git_is_its_listing() -> None:
    machine = RecordingMachine(lambda request: Answer(stdout="100644 aa 0\ta.c\n" if "--stage" in request.argv else ""))
    assert git_index(machine, Path("/p")) == "100644 aa 0\ta.c"
    assert not git_index(RecordingMachine(lambda _request: Answer(stdout="x", exit_code=128)), Path("/p"))
