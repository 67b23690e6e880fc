"""Prepared images: when they are made, what goes into them, and what happens where that fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import InterruptedRunError
from cibw.execution.container.client import ContainerCommand, LocalImage, RefusedError
from cibw.execution.container.connection import ContainerSettings
from cibw.execution.container.session import ContainerFactory
from cibw.execution.container.snapshots import Preparation, PreparedImages, PreparedImageSpec
from cibw.execution.container.states import BEFORE_ALL, PREPARED, labels_of, remove_states
from cibw.model.machines import ContainerSpec, CreateOptions
from unit_test.execution.container.fake_engine import FakeEngine
from unit_test.execution.container.test_machine import GOOD, SPEC, Chunks, engine_of
from unit_test.execution.container.test_session import NOW, factory_of, keep_once, snapshot_policy

DAY = 24 * 3600.0
PYTHON = "/opt/python/cp310-cp310/bin/python"
OTHER = "/opt/python/cp311-cp311/bin/python"


class Trial:
    """Runs with an engine out of memory; each has its own prepared images, as a new process would."""

    def __init__(self, directory: Path) -> None:
        self.client = FakeEngine(images={"x:1": GOOD})
        self.directory = directory
        self.told: list[str] = []
        self.now = NOW

    def factory(self, *pythons: str, at_once: bool = False, spec: ContainerSpec = SPEC) -> ContainerFactory:
        images = PreparedImages(self.directory / "notes", at_once=at_once, clock=lambda: self.now)
        prepared = Preparation(images=images, pythons=frozenset(pythons or (PYTHON,)))
        factory = replace(factory_of(self.client, self.directory), spec=spec, prepared=prepared)
        return replace(
            factory, opening=replace(factory.opening, progress=self.told.append, volumes=("/secret:/secret",))
        )

    def run(self, *pythons: str, at_once: bool = False) -> str:
        """Open a machine; the image of its container is returned."""
        with self.factory(*pythons, at_once=at_once).machine():
            return self.client.created[-1].image

    @property
    def names(self) -> list[str]:
        return [name for name in self.client.images if name.startswith("cibw-prepared:")]


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def test_the_second_run_prepares_the_image_and_later_runs_use_it(trial: Trial) -> None:
    assert trial.run() == "sha256:1"
    assert (trial.names, trial.told) == ([], [])
    prepared = trial.run()
    (name,) = trial.names
    assert prepared == trial.client.images[name].identity
    assert trial.told == ["preparing the image for this and later runs: compiling its Python modules"]
    assert trial.run() == prepared
    assert len(trial.client.committed) == 1


def test_the_first_run_prepares_where_that_is_wanted(trial: Trial) -> None:
    prepared = trial.run(at_once=True)
    assert prepared == trial.client.images[trial.names[0]].identity


def test_the_machines_of_a_run_share_a_prepared_image(trial: Trial) -> None:
    factory = trial.factory(at_once=True)
    with factory.machine(), factory.machine():
        assert trial.client.created[-1].image == trial.client.created[-2].image != "sha256:1"
    assert len(trial.client.committed) == 1


def test_nothing_but_the_image_is_in_the_container_that_prepares(trial: Trial) -> None:
    create = CreateOptions(
        volumes=("/data:/data",), environment=(("TOKEN", "secret"),), user="me", network="host", privileged=True
    )
    spec = replace(SPEC, engine=replace(SPEC.engine, create=create))
    with trial.factory(at_once=True, spec=spec).machine():
        made = trial.client.created[0]
    assert (made.volumes, dict(made.environment), made.network) == ((), {}, "none")
    assert (made.user, made.privileged) == (None, False)
    script = next(one for one in trial.client.executions if "compileall" in str(one.argv))
    assert script.argv[-1] == PYTHON
    assert trial.client.created[1].volumes[:2] == ("/:/host", "/data:/data")


def test_a_further_python_is_added_by_its_second_run(trial: Trial) -> None:
    first = trial.run(at_once=True)
    assert trial.run(PYTHON, OTHER) == first
    second = trial.run(PYTHON, OTHER)
    (name,) = trial.names
    assert trial.client.images[name].identity == second != first
    assert trial.client.created[-2].image == first
    assert trial.client.images[name].labels["cibw.prepared.contents"] == f"{PYTHON}:{OTHER}"
    assert trial.run(OTHER) == second


def test_an_image_that_can_not_be_prepared_is_used_as_it_is(trial: Trial) -> None:
    trial.client.refuse_commit = lambda: RefusedError(500, "no space left")
    assert trial.run(at_once=True) == "sha256:1"
    assert "could not prepare the image for later runs: " in trial.told[-1]
    assert "no space left" in trial.told[-1]
    trial.client.refuse_commit = lambda: None
    assert trial.run(at_once=True) == trial.run() == "sha256:1"
    assert set(trial.client.removed) == {created.name for created in trial.client.created}


def test_modules_that_can_not_be_compiled_make_no_image(trial: Trial) -> None:
    def fail(asked: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        return [], 126 if "compileall" in str(asked.argv) else 0

    trial.client.answer = fail
    assert trial.run(at_once=True) == "sha256:1"
    assert trial.told[-1].endswith("compiling its Python modules failed with exit code 126")
    assert trial.names == []


def test_an_interrupt_ends_the_preparation(trial: Trial) -> None:
    def check_cancelled() -> None:
        raise InterruptedRunError("The run was interrupted.")

    def wait(asked: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        while "compileall" in str(asked.argv) and not trial.client.removed:
            pass
        return [], 137

    trial.client.answer = wait
    factory = trial.factory(at_once=True)
    factory = replace(factory, opening=replace(factory.opening, check_cancelled=check_cancelled))
    with pytest.raises(InterruptedRunError), factory.machine():
        raise AssertionError("it opens")
    assert set(trial.client.removed) == {trial.client.created[0].name}
    assert trial.names == []


def test_a_prepared_image_that_another_run_removes_is_done_without(trial: Trial) -> None:
    trial.run(at_once=True)
    trial.client.missing = ("sha256:of",)
    assert trial.run() == "sha256:1"


def test_an_image_with_the_name_of_another_key_is_not_used(trial: Trial) -> None:
    prepared = trial.run(at_once=True)
    (name,) = trial.names
    trial.client.images[name] = replace(trial.client.images[name], labels=labels_of("0" * 64, "", NOW, PREPARED))
    assert trial.run() != prepared


def test_an_image_without_identity_is_not_prepared(trial: Trial) -> None:
    trial.client.images["x:1"] = replace(GOOD, identity="x:1")
    assert trial.run(at_once=True) == "x:1"
    assert trial.client.committed == []


def test_another_image_of_the_same_name_replaces_the_prepared_image(trial: Trial) -> None:
    trial.run(at_once=True)
    (old,) = trial.names
    trial.now += DAY
    trial.client.images["x:1"] = replace(GOOD, identity="sha256:2")
    assert trial.run() == "sha256:2"
    trial.run()
    (new,) = trial.names
    assert new != old


def test_a_prepared_image_serves_for_a_month(trial: Trial) -> None:
    prepared = trial.run(at_once=True)
    trial.now += 29 * DAY
    assert trial.run() == prepared
    trial.now += DAY
    assert trial.run() == "sha256:1"
    assert trial.run(at_once=True) != prepared


def test_old_notes_are_removed(trial: Trial) -> None:
    trial.run()
    (note,) = (trial.directory / "notes").iterdir()
    trial.now += 31 * DAY
    trial.client.images["x:1"] = replace(GOOD, identity="sha256:2")
    trial.run()
    (left,) = (trial.directory / "notes").iterdir()
    assert left != note


def test_a_directory_that_can_not_be_written_to_is_no_fault(trial: Trial) -> None:
    (trial.directory / "notes").write_text("a file")
    assert trial.run() == trial.run() == "sha256:1"


def test_an_engine_that_refuses_to_look_for_images_is_no_fault(tmp_path: Path) -> None:
    class Refusing(FakeEngine):
        def image(self, reference: str) -> LocalImage | None:
            if reference.startswith("cibw-prepared:"):
                raise RefusedError(500, "no")
            return super().image(reference)

    client = Refusing(images={"x:1": GOOD})
    wanted = PreparedImageSpec(
        engine=engine_of(client),
        spec=SPEC,
        opening=ContainerSettings(run_id="r"),
        image="sha256:1",
        pythons=frozenset({PYTHON}),
    )
    assert PreparedImages(tmp_path).find(wanted) == ""


def test_the_state_after_before_all_is_not_taken_for_the_prepared_image_it_came_from(trial: Trial) -> None:
    trial.run(at_once=True)
    (name,) = trial.names
    labels = {**trial.client.images[name].labels, **labels_of("k", "me", NOW, BEFORE_ALL)}
    trial.client.images["cibw-before-all:k"] = LocalImage(identity="sha256:k", oci_platform="", labels=labels)
    assert remove_states(engine_of(trial.client)) == 2
    assert list(trial.client.images) == ["x:1"]


def test_a_kept_state_goes_before_a_prepared_image(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    name = keep_once(client, tmp_path)
    images = PreparedImages(tmp_path / "notes", at_once=True)
    prepared = Preparation(images=images, pythons=frozenset({PYTHON}))
    with replace(snapshot_policy(client, tmp_path), prepared=prepared).machine() as session, session.fork():
        assert [made.image for made in client.created[1:]] == [client.images[name].identity] * 2
