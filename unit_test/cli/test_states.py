"""Which images of earlier runs a job may start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.catalog import load_catalog
from cibw.cli.arguments import CommandLine
from cibw.cli.project import Project
from cibw.cli.session import Session
from cibw.cli.store import ProjectFiles, StoreState, preparation, state_teller
from cibw.execution.machine import Tree
from cibw.execution.source.project import ProjectState
from cibw.execution.store.input_files import InputFiles
from cibw.execution.store.keys import KeyedHash
from cibw.execution.store.store import Store
from cibw.model.events import Event, WarningRaised
from cibw.reporting.terminal import TerminalStyle
from unit_test.execution.trials import job_of

JOB = replace(job_of("one", "cp310", before_all=True), before_all_inputs=("*.c", "*.h"), environment_pass=("TOKEN",))


def session_of(directory: Path) -> Session:
    return Session(line=CommandLine(), environment={"TOKEN": "secret"}, working_dir=directory, style=TerminalStyle())


@pytest.fixture
def memory(tmp_path: Path) -> StoreState:
    (tmp_path / "a.c").write_text("a")
    (tmp_path / "b.py").write_text("b")
    keyed_hash = KeyedHash(b"s")
    files = ProjectFiles(
        project=Project(root=tmp_path, package_dir="."), tree=Tree(root=tmp_path, files=("a.c", "b.py"))
    )
    source = ProjectState(files.tree, "", keyed_hash, tmp_path / "memo")
    inputs = InputFiles(tmp_path, keyed_hash, tmp_path / "inputs", {})
    store = Store(tmp_path / "store")
    return StoreState(store=store, keyed_hash=keyed_hash, project="p", source=source, files=files, inputs=inputs)


def test_globs_that_name_nothing_are_told(memory: StoreState, tmp_path: Path) -> None:
    told: list[Event] = []
    spec = state_teller(session_of(tmp_path), memory, told.append, is_wanted=True)(JOB)
    message = "before-all-inputs: *.h matches no file of the project."
    assert told == [WarningRaised(scope="one", message=message)]
    assert spec is not None
    assert list(spec.files) == ["a.c", "b.py"]
    assert spec.is_wanted
    assert not spec.has_changed()
    assert "secret" not in spec.key("sha256:1")


def test_each_project_has_states_of_its_own(memory: StoreState, tmp_path: Path) -> None:
    one, other = (session_of(tmp_path / name) for name in ("one", "other"))
    specs = [state_teller(session, memory, lambda _event: None, is_wanted=True)(JOB) for session in (one, other, one)]
    keys = [spec.key("sha256:1") for spec in specs if spec]
    assert keys[0] == keys[2] != keys[1]


def test_a_user_may_want_no_state_of_an_earlier_run(memory: StoreState, tmp_path: Path) -> None:
    tell = state_teller(session_of(tmp_path), memory, lambda _event: None, is_wanted=True)
    anew = state_teller(session_of(tmp_path), memory, lambda _event: None, is_wanted=False)
    kept, made = tell(JOB), anew(JOB)
    assert kept is not None
    assert made is not None
    assert (kept.key("i"), kept.owner) == (made.key("i"), made.owner)
    assert not made.is_wanted


def test_nothing_is_kept_without_a_memory_or_without_before_all(memory: StoreState, tmp_path: Path) -> None:
    assert state_teller(session_of(tmp_path), None, lambda _event: None, is_wanted=True)(JOB) is None
    tell = state_teller(session_of(tmp_path), memory, lambda _event: None, is_wanted=True)
    assert tell(replace(JOB, before_all=None)) is None


@pytest.mark.parametrize(
    ("environment", "cache", "is_prepared"),
    [
        ({}, None, True),
        ({}, False, True),
        ({"CI": "true"}, None, False),
        ({"CI": "true"}, True, True),
        ({"CI": "true", "CIBW_PREPARED_IMAGES": "yes"}, None, True),
        ({"CIBW_PREPARED_IMAGES": "no"}, True, False),
    ],
)
def test_images_are_prepared_where_they_may_serve_again(
    environment: dict[str, str], cache: bool | None, is_prepared: bool, tmp_path: Path
) -> None:
    session = replace(session_of(tmp_path), environment={"CIBW_CACHE_PATH": "cache", **environment})
    found = preparation(session, cache, load_catalog())(JOB)
    assert (found is not None) is is_prepared
    if found is not None:
        assert found.pythons == {"/opt/python/cp310-cp310/bin/python"}
