from __future__ import annotations

import os
import string
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.execution.source.git import unquote
from cibw.execution.source.project import every_file, git_index, project_files
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer, RecordingMachine

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
    staged = "".join(f"100644 aa 0\t{line}\n" for line in cached.splitlines())

    def answer(request: CommandRequest) -> Answer:
        return Answer(stdout=staged if "--stage" in request.argv else others, exit_code=exit_code)

    return RecordingMachine(answer)


def repositories(root: Path, listed: Mapping[str, tuple[str, str]], **answers: str) -> RecordingMachine:
    """What git tracks, and what it finds besides, for each directory; and its answers by their last words."""

    def answer(request: CommandRequest) -> Answer:
        place = Path(request.cwd).relative_to(root).as_posix()
        if "ls-files" in request.argv:
            return Answer(stdout=listed[place][0 if "--stage" in request.argv else 1], exit_code=0)
        known = request.argv[-1].strip("-").replace("-", "_").replace(".", "_")
        return Answer(stdout=answers.get(known, ""), exit_code=0 if known in answers else 1)

    return RecordingMachine(answer)


def made(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text(name)


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


LIB = "160000 bb 0\textern/lib\n"


def test_submodules_and_nested_repositories_are_read_like_the_project(tmp_path: Path) -> None:
    made(tmp_path, ".git/modules/lib/HEAD", "a.c", "extern/lib/b.c", "extern/lib/new.c", "extern/lib/x.o")
    made(tmp_path, "nested/.git/HEAD", "nested/c.c", "nested/x.o")
    (tmp_path / "extern/lib/.git").write_text("gitdir: ../../.git/modules/lib\n")
    listed = {
        ".": (f"100644 aa 0\ta.c\n{LIB}", "nested/\n"),
        "extern/lib": ("100644 aa 0\tb.c\n", "new.c\n"),
        "nested": ("100644 aa 0\tc.c\n", ""),
    }
    place = f"{tmp_path}/.git/modules/lib\n"
    machine = repositories(tmp_path, listed, show_prefix="\n", git_common_dir=place * 2)
    tree = project_files(machine, tmp_path)
    seen = {name for name in tree.files if not name.startswith(".git")}
    assert seen == {
        *("a.c", "extern/lib", "extern/lib/.git", "extern/lib/b.c", "extern/lib/new.c"),
        *("nested", "nested/.git", "nested/.git/HEAD", "nested/c.c"),
    }
    assert tree.entry("extern/lib/.git") == b"gitdir: ../../.git/modules/lib\n"


@pytest.mark.parametrize("has_git", [True, False])
def test_all_files_of_a_submodule_that_git_does_not_read(tmp_path: Path, has_git: bool) -> None:
    made(tmp_path, "extern/lib/b.c", *(["extern/lib/.git/HEAD"] if has_git else []))
    # git has found the repository of the project, from a directory of it.
    machine = repositories(tmp_path, {".": (LIB, "")}, show_prefix="extern/lib/\n")
    assert {"extern/lib", "extern/lib/b.c"} <= set(project_files(machine, tmp_path).files)


def test_a_submodule_that_is_not_checked_out_is_an_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "extern/lib").mkdir(parents=True)
    machine = repositories(tmp_path, {".": (LIB, "")})
    assert project_files(machine, tmp_path).files == ("extern/lib",)


def test_repositories_in_excluded_directories_are_not_asked(tmp_path: Path) -> None:
    made(tmp_path, "cache/.git/HEAD", "a.c")
    machine = repositories(tmp_path, {".": ("100644 aa 0\ta.c\n", "cache/\n")})
    assert project_files(machine, tmp_path, (tmp_path / "cache",)).files == ("a.c",)
    assert {request.cwd for request in machine.requests} == {str(tmp_path)}


def worktree(directory: Path, back: str) -> tuple[Path, RecordingMachine]:
    """A worktree of a repository elsewhere, whose link back is a text."""
    main, root = directory / "main.git", directory / "tree"
    made(main, "HEAD", "index", "objects/aa", "refs/tags/v1", "modules/lib/HEAD", "config.worktree")
    made(main, *(f"worktrees/tree/{name}" for name in ("HEAD", "index", "commondir", "modules/lib/HEAD")))
    (main / "config").write_text("[core]\n\tbare = true\n")
    (main / "worktrees/tree/gitdir").write_text(back.format(root=root))
    made(root, "a.c", ".git")
    own = main / "worktrees/tree"
    return root, repositories(root, {".": ("100644 aa 0\ta.c\n", "")}, git_common_dir=f"{own}\n{main}\n")


@pytest.mark.parametrize("back", ["{root}/.git\n", "../../../tree/.git\n"])
def test_the_repository_of_a_worktree_becomes_its_git_directory(tmp_path: Path, back: str) -> None:
    root, machine = worktree(tmp_path, back)
    tree = project_files(machine, root)
    inner = {"HEAD", "index", "config", "objects", "objects/aa", "refs", "refs/tags", "refs/tags/v1"}
    assert set(tree.files) == {"a.c", ".git", *(f".git/{name}" for name in inner)}
    main = tmp_path / "main.git"
    assert tree.entry(".git/HEAD") == main / "worktrees/tree/HEAD"
    assert tree.entry(".git/objects/aa") == main / "objects/aa"
    assert tree.entry(".git/config") == b"[core]\n\tbare = true\n\n[core]\n\tbare = false\n\tworktree = ..\n"


@pytest.mark.parametrize("back", ["", "/elsewhere/.git\n"])
def test_a_git_file_whose_repository_does_not_lead_back_is_not_followed(tmp_path: Path, back: str) -> None:
    root, machine = worktree(tmp_path, back)
    notes: list[str] = []
    assert project_files(machine, root, tell=notes.append).files == ("a.c",)
    assert len(notes) == 1
    assert f"{root}/.git points to {tmp_path}/main.git/worktrees/tree" in notes[0]


def test_a_broken_git_file_stays_behind(tmp_path: Path) -> None:
    made(tmp_path, "a", ".git")
    assert project_files(git("a\n", ""), tmp_path).files == ("a",)


@pytest.mark.parametrize("worktree", [["../../.."], []])
def test_the_repository_of_a_submodule_whose_project_is_elsewhere(tmp_path: Path, worktree: list[str]) -> None:
    own, root = tmp_path / "super/modules/lib", tmp_path / "lib"
    made(own, "HEAD", "config")
    made(root, "a.c", ".git")
    answers = {"core_worktree": "../../../lib\n"} if worktree else {}
    machine = repositories(root, {".": ("100644 aa 0\ta.c\n", "")}, git_common_dir=f"{own}\n" * 2, **answers)
    names = (".git", ".git/HEAD", ".git/config") if worktree else ()
    assert project_files(machine, root).files == (*names, "a.c")


@pytest.mark.parametrize(
    ("globs", "found"),
    [
        (("prebuilt",), {"prebuilt", "prebuilt/x.a", "prebuilt/deep", "prebuilt/deep/y.a"}),
        (("prebuilt/*.a", "*.log"), {"prebuilt/x.a", "x.log"}),
        (("**/*.a",), {"prebuilt/x.a", "prebuilt/deep/y.a"}),
        (("**",), {"prebuilt", "prebuilt/x.a", "prebuilt/deep", "prebuilt/deep/y.a", "x.log"}),
        ((), set()),
    ],
)
def test_files_that_git_ignores_are_copied_where_a_glob_matches(
    tmp_path: Path, globs: tuple[str, ...], found: set[str]
) -> None:
    made(tmp_path, "a.c", "prebuilt/x.a", "prebuilt/deep/y.a", "x.log", "wheelhouse/x.a")
    notes: list[str] = []
    files = project_files(
        git("a.c\n", ""), tmp_path, (tmp_path / "wheelhouse",), ignored=globs, tell=notes.append
    ).files
    assert set(files) == {"a.c", *found}
    assert not notes


def test_a_glob_of_copy_ignored_that_matches_nothing_is_told(tmp_path: Path) -> None:
    made(tmp_path, "a.c")
    notes: list[str] = []
    assert project_files(git("a.c\n", ""), tmp_path, ignored=("lib/*",), tell=notes.append).files == ("a.c",)
    assert notes == ["copy-ignored: lib/* does not match any file of the project."]


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
