from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cibw.model.command import Request
from cibw.model.sdist import SourceState
from cibw.running.recording import Answer, RecordingMachine
from cibw.running.source_identity import KnownSources, changed_files, source_digest, source_hashes
from cibw.running.source_state import commit_of, read_source_state


def git(answers: Mapping[str, str]) -> RecordingMachine:
    """Answers by a word of the question; git fails for any other."""

    def answer(request: Request) -> Answer:
        for word, text in answers.items():
            if word in request.argv:
                return Answer(stdout=text)
        return Answer(exit_code=128)

    return RecordingMachine(answer)


def test_outside_of_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert read_source_state(git({}), tmp_path, (tmp_path / "dist", tmp_path / "wheels")) == SourceState()
    assert commit_of(git({}), tmp_path) == ""


def test_a_clone_with_all_that_can_be_amiss(tmp_path: Path) -> None:
    machine = git(
        {
            "--is-shallow-repository": "true",
            "--name-only": 'setup.py\n"caf\\303\\251.py"\n',
            "--others": "dist/\nwheels/a.whl\nsrc/demo.egg-info/\n__pycache__/\nnew.py\nnotes/\n",
            "submodule": " 12ab a (heads/main)\n-34cd with blank\n-56ef ../beside\n-78ab unwanted\n+90ab b (v1)\n",
            "--show-toplevel": str(tmp_path.parent),
            "--list": f"submodule.u.path={tmp_path.name}/unwanted\nsubmodule.u.update=none\nsubmodule.w.update=none\n",
        }
    )
    assert read_source_state(machine, tmp_path, (tmp_path / "dist", tmp_path / "wheels")) == SourceState(
        is_shallow=True,
        missing_submodules=("with blank",),
        changed=("setup.py", "caf\u00e9.py", "new.py", "notes"),
    )


def test_a_complete_clone(tmp_path: Path) -> None:
    assert read_source_state(git({"--is-shallow-repository": "false"}), tmp_path, (tmp_path.parent,)) == SourceState()


def test_a_commit_is_told_with_its_tags(tmp_path: Path) -> None:
    machine = git({"HEAD": "abc", "--tags": "v1-0-gabc"})
    assert commit_of(machine, tmp_path) == "abc\nv1-0-gabc\nabc"


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
