from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cibw.errors import EngineUnavailableError
from cibw.execution.container.client import ContainerCommand, ContainerCreation, LocalContainer, LocalImage
from cibw.execution.container.connection import ContainerSettings, open_container
from cibw.execution.container.create import ContainerContext
from cibw.execution.container.sdk import Attachments
from cibw.execution.container.snapshots import LiveRuns, RemovedLeftovers, remove_dead_runs
from cibw.model.machines import CreateOptions
from unit_test.execution.container.fake_engine import FakeEngine
from unit_test.execution.container.test_create import made
from unit_test.execution.container.test_machine import GOOD, SPEC, Chunks, engine_of
from unit_test.execution.container.test_session import factory_of

PATIENCE = 20.0


@pytest.fixture
def runs(tmp_path: Path) -> LiveRuns:
    found = LiveRuns.open(tmp_path)
    assert found is not None
    return found


def container(run_id: str, owner: str) -> ContainerCreation:
    labels = {"cibw": run_id, "cibw.runs": owner}
    return ContainerCreation(
        name=f"cibw-{run_id}-00000000", image="x", oci_platform="linux/amd64", command=(), labels=labels
    )


def test_a_run_lives_as_long_as_its_context(runs: LiveRuns) -> None:
    assert not runs.lives("0123abcd")
    with runs.entered("0123abcd"):
        assert runs.lives("0123abcd")
    assert not runs.lives("0123abcd")
    assert [path.name for path in runs.root.iterdir()] == ["identity"]


@pytest.mark.parametrize("odd", ["", "../../etc/x", "0123ABCD", "test-1"])
def test_what_is_no_id_of_a_run_counts_as_alive(odd: str, runs: LiveRuns) -> None:
    assert runs.lives(odd)


def test_runs_of_one_place_have_one_identity(tmp_path: Path, runs: LiveRuns) -> None:
    again = LiveRuns.open(tmp_path)
    assert again == runs
    (runs.root / "identity").write_text("broken")
    repaired = LiveRuns.open(tmp_path)
    assert repaired is not None
    assert len(repaired.identity) == 32


def test_a_place_that_others_can_write_to_has_no_runs(tmp_path: Path, runs: LiveRuns) -> None:
    runs.root.chmod(0o777)
    assert LiveRuns.open(tmp_path) is None
    assert LiveRuns.open(tmp_path / "missing") is None


def test_what_dead_runs_left_is_removed_and_nothing_else(runs: LiveRuns) -> None:
    client = FakeEngine(created=[container("0000dead", runs.identity), container("0000dead", "of another computer")])
    label = {"cibw.runs": runs.identity}
    for name in ("cibw-snapshot:cibw-0000dead-00000000", "localhost/cibw-snapshot:cibw-0000dead-11111111"):
        client.images[name] = LocalImage(identity=name, oci_platform="", labels=label)
    client.images["cibw-before-all:1"] = LocalImage(identity="kept", oci_platform="", labels=label)
    with runs.entered("0000a11e"):
        client.created.append(container("0000a11e", runs.identity))
        client.images["cibw-snapshot:cibw-0000a11e-00000000"] = LocalImage(identity="a", oci_platform="", labels=label)
        assert remove_dead_runs(client, runs) == RemovedLeftovers(containers=1, images=2)
    assert client.removed == ["cibw-0000dead-00000000"]
    assert sorted(client.images) == ["cibw-before-all:1", "cibw-snapshot:cibw-0000a11e-00000000"]


def test_an_engine_that_does_not_answer_spoils_no_run(runs: LiveRuns) -> None:
    class Gone(FakeEngine):
        def containers(self, label: str) -> tuple[LocalContainer, ...]:
            raise EngineUnavailableError(label)

    assert remove_dead_runs(Gone(), runs) == RemovedLeftovers()


def test_a_container_is_attached_before_it_starts() -> None:
    class Watched(FakeEngine):
        def start(self, container: str) -> None:
            assert self.attached == [container]

    client = Watched(images={"x:1": GOOD})
    open_container(engine_of(client), SPEC, ContainerSettings(run_id="r", owner="o"))
    (created,) = client.created
    assert created.attached
    assert created.labels == {"cibw": "r", "cibw.runs": "o"}
    assert created.command[-1].startswith("cat")


def test_a_container_that_is_kept_does_not_end_with_the_run_and_belongs_to_nobody() -> None:
    client = FakeEngine(images={"x:1": GOOD})
    open_container(engine_of(client), SPEC, ContainerSettings(run_id="r", owner="o", keep=True))
    assert client.attached == []
    assert client.created[0].labels == {"cibw": "r"}
    kept = made(CreateOptions(), place=ContainerContext(name="n", run_id="r", image="i", cwd="/", owner="o", keep=True))
    assert not kept.attached


def test_work_directories_of_containers_that_are_gone_are_removed(tmp_path: Path) -> None:
    def answer(execution: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        is_listing = "find /tmp/cibw/cache/work" in " ".join(execution.argv)
        names = ["cibw-gone-1", "cibw-other-1", client.created[0].name, "unknown"]
        return ([("\n".join([*names, ""]).encode(), False)], 0) if is_listing else ([], 0)

    class Shared(FakeEngine):
        def containers(self, label: str) -> tuple[LocalContainer, ...]:
            return (*FakeEngine.containers(self, label), LocalContainer(identity="2", name="cibw-other-1"))

    client = Shared(images={"x:1": GOOD}, answer=answer)
    with factory_of(client, tmp_path).machine():
        pass
    removed = [execution.argv[-1] for execution in client.executions if "rm -rf" in " ".join(execution.argv)]
    places = [place for place in removed if place.startswith("/tmp/cibw/cache/work/") and "\n" not in place]
    assert places == [f"/tmp/cibw/cache/work/{name}" for name in ("cibw-gone-1", client.created[0].name)]


class Connection:
    """A connection that counts what it sends."""

    def __init__(self, fault: Callable[[], None] = lambda: None) -> None:
        self.is_open = True
        self.sent = threading.Event()
        self._fault = fault

    def sendall(self, data: bytes) -> None:
        assert data == b"\n"
        self._fault()
        self.sent.set()

    def close(self) -> None:
        self.is_open = False


def broken() -> None:
    raise BrokenPipeError


def test_connections_stay_open_until_their_containers_are_removed() -> None:
    attachments = Attachments(beats=False)
    first, second = Connection(), Connection()
    attachments.add("a", first)
    attachments.add("b", second)
    attachments.drop("a")
    attachments.drop("never there")
    assert (first.is_open, second.is_open) == (False, True)
    attachments.close()
    assert not second.is_open


def test_connections_to_another_computer_are_kept_alive() -> None:
    attachments = Attachments(beats=True, seconds=0.001)
    lost, alive = Connection(broken), Connection()
    attachments.add("lost", lost)
    attachments.add("alive", alive)
    assert alive.sent.wait(PATIENCE)
    attachments.close()
