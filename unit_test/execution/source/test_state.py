from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cibw.errors import CommandFailedError, ReleaseFaultError
from cibw.execution.machine import OutputSink
from cibw.execution.source.state import (
    KnownSources,
    build_sdist,
    build_wheel,
    changed_files,
    commit_of,
    read_source_state,
    source_digest,
    source_hashes,
)
from cibw.model.manifest import SourceState
from cibw.model.templates import CommandRequest, Outcome
from tests.doubles.machine import Answer, RecordingMachine


def git(answers: Mapping[str, str]) -> RecordingMachine:
    """Answers by a word of the question; git fails for any other."""

    def answer(request: CommandRequest) -> Answer:
        for word, text in answers.items():
            if word in request.argv:
                return Answer(stdout=text)
        return Answer(exit_code=128)

    return RecordingMachine(answer)


def test_outside_of_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert read_source_state(git({}), tmp_path, (tmp_path / "dist", tmp_path / "wheels")) == SourceState()
    assert commit_of(git({}), tmp_path) == ""


def blob(content: bytes, algorithm: str = "sha1") -> str:
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content).hexdigest()


def repository(index: list[str], tree: list[str], **more: str) -> RecordingMachine:
    """Answers for a repository with these lines of `ls-files --stage -t` and of `ls-tree`."""
    known = {"--is-shallow-repository": "false", "--stage": "\n".join(index), "ls-tree": "\n".join(tree)}
    return git({**known, **more})


def test_a_clone_with_all_that_can_be_amiss(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (tmp_path / ".gitmodules").touch()
    names = ("with blank", "unwanted", "unnamed")
    machine = git(
        {
            "--is-shallow-repository": "true",
            "--stage": "".join(f"H 160000 34cd 0\t{name}\n" for name in names),
            "--others": 'dist/\nwheels/a.whl\nsrc/demo.egg-info/\n__pycache__/\nnew.py\n"caf\\303\\251/"\n',
            "--show-toplevel": str(tmp_path),
            "--list": "submodule.b.path=package/with blank\n"
            "submodule.u.path=package/unwanted\nsubmodule.u.update=none\nsubmodule.w.update=none\nsubmodule.o.path=beside\n",
        }
    )
    assert read_source_state(machine, package, (package / "dist", package / "wheels")) == SourceState(
        is_shallow=True, missing_submodules=("with blank",), changed=("new.py", "caf\u00e9")
    )


class Tracked:
    """A work tree, and what git's index and commit hold of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.index: list[str] = []
        self.tree: list[str] = []

    def file(
        self, name: str, now: bytes = b"a\n", before: bytes = b"a\n", *, tag: str = "H", algorithm: str = "sha1"
    ) -> None:
        (self.root / name).write_bytes(now)
        self.entry(f"{tag} 100644 {blob(before, algorithm)}", name)

    def link(self, name: str, now: str) -> None:
        (self.root / name).symlink_to(now)
        self.entry(f"H 120000 {blob(b'there')}", name)

    def entry(self, facts: str, name: str) -> None:
        self.index.append(f"{facts} 0\t{name}")
        _tag, mode, digest = facts.split()
        self.tree.append(f"{mode} blob {digest}\t{name}")

    def changed(self, **answers: str) -> tuple[str, ...]:
        machine = repository(self.index, self.tree, **answers)
        found = read_source_state(machine, self.root, ()).changed
        assert not [request for request in machine.requests if {"diff", "status", "add"} & set(request.argv)]
        return found


@pytest.fixture
def tracked(tmp_path: Path) -> Tracked:
    return Tracked(tmp_path)


def test_files_that_are_those_of_the_commit(tracked: Tracked) -> None:
    tracked.file("same")
    tracked.file("sha256", algorithm="sha256")
    tracked.file("crlf", b"a\r\n")
    tracked.file("skipped", b"b", tag="S")
    tracked.file("assumed", b"b", tag="h")
    tracked.file("filtered", b"b")
    tracked.link("link", "there")
    assert tracked.changed(**{"check-attr": "filtered: filter: lfs", "--get-regexp": "filter.lfs.clean"}) == ()


def test_files_that_differ_from_the_commit(tracked: Tracked) -> None:
    tracked.file("content", b"b")
    tracked.file("mode")
    (tracked.root / "mode").chmod(0o755)
    tracked.file("fifo")
    (tracked.root / "fifo").unlink()
    os.mkfifo(tracked.root / "fifo")
    tracked.link("link", "elsewhere")
    tracked.entry(f"H 120000 {blob(b'there')}", "text-link")
    (tracked.root / "text-link").write_text("there")
    tracked.entry(f"H 100644 {blob(b'a')}", "missing")
    tracked.tree.append(f"100644 blob {blob(b'a')}\tremoved")
    tracked.tree.append(f"100644 blob {blob(b'before')}\tstaged")
    tracked.index.append(f"H 100644 {blob(b'a')} 0\tstaged")
    tracked.index.append(f"M 100644 {blob(b'a')} 2\tconflict")
    wanted = ("conflict", "content", "fifo", "link", "missing", "mode", "removed", "staged", "text-link")
    assert tracked.changed(**{"check-attr": "content: filter: unknown\ncontent: ident: unset"}) == wanted


def test_without_modes_only_the_content_counts(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"a")
    (tmp_path / "link").write_bytes(b"there")
    index = [f"H 100755 {blob(b'a')} 0\tprogram", f"H 120000 {blob(b'there')} 0\tlink"]
    tree = [f"100755 blob {blob(b'a')}\tprogram", f"120000 blob {blob(b'there')}\tlink"]
    machine = repository(index, tree, **{"core.fileMode": "false"})
    assert read_source_state(machine, tmp_path, ()).changed == ()


def test_a_repository_of_another_user(tmp_path: Path) -> None:
    stderr = f"fatal: detected dubious ownership\n\tgit config --global --add safe.directory {tmp_path}\n"
    machine = RecordingMachine(lambda _request: Answer(stderr=stderr, exit_code=128))
    state = read_source_state(machine, tmp_path, ())
    assert state == SourceState(refused=f"git config --global --add safe.directory {tmp_path}")


def test_a_complete_clone(tmp_path: Path) -> None:
    assert read_source_state(git({"--is-shallow-repository": "false"}), tmp_path, (tmp_path.parent,)) == SourceState()


def test_a_commit_is_told_with_its_tags(tmp_path: Path) -> None:
    machine = git({"HEAD": "abc", "--tags": "v1-0-gabc", "refs/tags": "v1"})
    assert commit_of(machine, tmp_path) == "abc\nv1-0-gabc\nv1"


def test_the_source_has_no_files_of_git_and_no_caches_of_python(tmp_path: Path) -> None:
    for name in ("setup.py", ".git/HEAD", "dist/a.tar.gz", "__pycache__/x.pyc", "src/demo.egg-info/PKG-INFO"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(name)
    memo = tmp_path / "memo.json"
    before = source_hashes(git({}), tmp_path, (tmp_path / "dist", memo), memo)
    assert [name for name in before if (tmp_path / name).is_file()] == ["setup.py"]
    assert source_digest(before) == source_digest(source_hashes(git({}), tmp_path, (tmp_path / "dist", memo), memo))
    (tmp_path / "setup.py").write_text("other")
    (tmp_path / "made.py").write_text("new")
    after = source_hashes(git({}), tmp_path, (tmp_path / "dist", memo), memo)
    assert changed_files(before, after) == ("setup.py",)
    assert source_digest(before) != source_digest(after)
    assert source_digest(after) != source_digest(
        source_hashes(git({"HEAD": "abc"}), tmp_path, (tmp_path / "dist", memo), memo)
    )


def test_what_a_build_leaves_makes_no_other_source(tmp_path: Path) -> None:
    known = KnownSources(tmp_path / "sources.json")
    assert known.origin("after") == "after"
    known.remember("same", "same")
    known.remember("before", "after")
    known.remember("other", "later")
    assert [KnownSources(tmp_path / "sources.json").origin(one) for one in ("after", "later", "new")] == [
        "before",
        "other",
        "new",
    ]


class Builder:
    """A host whose build leaves some files, or fails."""

    def __init__(self, *files: str, exit_code: int = 0) -> None:
        self.requests: list[CommandRequest] = []
        self._files = files
        self._exit_code = exit_code

    def run(self, request: CommandRequest, output: OutputSink) -> Outcome:
        self.requests.append(request)
        for name in self._files:
            Path(request.cwd, name).touch()
        for number in range(30):
            output(f"line {number}", False)
        return Outcome(exit_code=self._exit_code)

    def environment(self) -> Mapping[str, str]:
        return {"A": "1"}


def _ignore(_line: str, _is_error: bool) -> None:
    """Output that nobody wants."""


IGNORE: Callable[[str, bool], None] = _ignore


def test_the_library_build_is_asked_once(tmp_path: Path) -> None:
    builder, lines = Builder("demo-1.0.tar.gz", "notes.txt"), list[str]()
    path = build_sdist(builder, tmp_path / "project", tmp_path, lambda line, _is_error: lines.append(line))
    assert path == tmp_path / "demo-1.0.tar.gz"
    (request,) = builder.requests
    assert request.argv[1:] == (
        *("-m", "build", "--sdist", "--installer", "uv", "--outdir", str(tmp_path), str(tmp_path / "project")),
    )
    assert (request.cwd, request.environment) == (str(tmp_path), {"A": "1"})
    assert lines[0] == "line 0"


def test_the_wheel_is_built_in_the_same_way(tmp_path: Path) -> None:
    builder = Builder("demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz")
    assert build_wheel(builder, tmp_path, tmp_path, IGNORE).name == "demo-1.0-py3-none-any.whl"
    assert "--wheel" in builder.requests[0].argv
    with pytest.raises(CommandFailedError, match="Building the wheel failed"):
        build_wheel(Builder(exit_code=1), tmp_path, tmp_path, IGNORE)
    (tmp_path / "demo-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ReleaseFaultError) as caught:
        build_wheel(Builder("demo-1.0.tar.gz"), tmp_path, tmp_path, IGNORE)
    assert caught.value.hint.startswith("A wheel ends in .whl")


def test_a_failure_shows_the_last_lines(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError) as caught:
        build_sdist(Builder(exit_code=1), tmp_path, tmp_path, IGNORE)
    assert caught.value.context.last_lines[-1] == "line 29"
    assert caught.value.context.exit_code == 1


@pytest.mark.parametrize("files", [(), ("a-1.tar.gz", "b-1.tar.gz"), ("a-1.zip",)])
def test_a_build_gives_one_sdist(files: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ReleaseFaultError, match="instead of one"):
        build_sdist(Builder(*files), tmp_path, tmp_path, IGNORE)
