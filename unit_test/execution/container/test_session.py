"""Containers of a job: their state as an image, and what becomes of both at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.errors import CibwError, EngineUnavailableError, InterruptedRunError
from cibw.execution.container.client import ContainerCommand, ContainerHandle, LocalContainer, LocalImage, RefusedError
from cibw.execution.container.connection import ContainerSettings, open_container
from cibw.execution.container.session import ContainerFactory
from cibw.execution.container.states import StateSpec, labels_of, remove_states
from cibw.execution.host.session import HostSettings
from cibw.execution.machine import MachineSession
from cibw.model.machines import CreateOptions
from unit_test.execution.container.fake_engine import FakeEngine
from unit_test.execution.container.test_machine import GOOD, SPEC, Chunks, engine_of, machine_of, request, run

NOW = 1_800_000_000.0
UV_BESIDE_PYTHON = {"PATH": "/usr/bin:/bin"}


def factory_of(client: FakeEngine, cache: Path, *, keep: bool = False, offline: bool = False) -> ContainerFactory:
    return ContainerFactory(
        engine=engine_of(client),
        spec=SPEC,
        opening=ContainerSettings(run_id="r", keep=keep, offline=offline),
        host=HostSettings(environment=UV_BESIDE_PYTHON, cache_dir=cache),
        description="box",
        volume="cibw-manylinux_x86_64-0123",
    )


def test_a_container_shares_no_files_with_others(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    with factory_of(client, tmp_path).machine() as session:
        created = client.created[0]
        assert session.machine.environment()["UV_LINK_MODE"] == "copy"
    assert created.tmpfs == {"/tmp/cibw/memory": "exec"}
    assert [volume for volume in created.volumes if volume.startswith("cibw-")] == [
        "cibw-manylinux_x86_64-0123:/tmp/cibw/cache"
    ]


def test_another_user_than_root_gets_copies_as_well(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    named = replace(SPEC.engine, create=replace(SPEC.engine.create, user="me"))
    with replace(factory_of(client, tmp_path), spec=replace(SPEC, engine=named)).machine() as session:
        assert session.machine.environment()["UV_LINK_MODE"] == "copy"


def test_without_the_network_a_container_has_none_and_its_commands_know(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    with factory_of(client, tmp_path, offline=True).machine() as session, session.fork() as second:
        for machine in (session, second):
            assert machine.variables["UV_OFFLINE"] == machine.variables["PIP_NO_INDEX"] == "1"
    assert [created.network for created in client.created] == ["none", "none"]
    # What is set in a container stays in an image that is made of it, and another run may start from that.
    assert "UV_OFFLINE" not in client.created[0].environment


def test_a_network_that_is_named_stays(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    factory = factory_of(client, tmp_path, offline=True)
    named = replace(SPEC.engine, create=replace(SPEC.engine.create, network="host"))
    with replace(factory, spec=replace(SPEC, engine=named)).machine():
        assert client.created[0].network == "host"


def test_environments_lie_beside_the_cache_that_they_are_made_of(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    with factory_of(client, tmp_path).machine() as session:
        place = f"/tmp/cibw/cache/work/{client.created[0].name}"
        assert client.executions[-1].argv[-2:] == (place, session.work_dir)
        assert session.machine.environment()["UV_CACHE_DIR"] == "/tmp/cibw/cache/uv"
    assert "cibw-manylinux_x86_64-0123:/tmp/cibw/cache" in client.created[0].volumes
    # An engine shows them to everyone, and keeps them in images.
    assert client.created[0].environment == {}
    assert client.executions[-1].argv[-3:] == ('rm -rf -- "$1"', "sh", place)


def test_a_container_without_a_place_to_work_in_is_told(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    client.answer = lambda asked, _data: ([(b"no space left\n", True)], int("ln -sfn" in str(asked.argv)))
    with pytest.raises(CibwError, match="no space left"), factory_of(client, tmp_path).machine():
        raise AssertionError("it opens")


@pytest.mark.parametrize("volume", ["mine:/tmp/cibw/cache", "/var/wheels:/tmp/cibw/cache:z", "/tmp/cibw/cache"])
def test_a_user_may_give_the_cache_another_volume(volume: str, tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    spec = replace(SPEC, engine=replace(SPEC.engine, create=CreateOptions(volumes=(volume,))))
    with replace(factory_of(client, tmp_path), spec=spec).machine() as session:
        assert client.executions[-1].argv[-2] == f"/tmp/cibw/cache/work/{client.created[0].name}"
        assert session.work_dir == "/tmp/cibw/work"
    assert sum("/tmp/cibw/cache" in one for one in client.created[0].volumes) == 1


def test_who_is_not_root_keeps_to_the_container(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    spec = replace(SPEC, engine=replace(SPEC.engine, create=CreateOptions(user="1000")))
    with replace(factory_of(client, tmp_path), spec=spec).machine() as session:
        assert session.work_dir == "/tmp/cibw/work"
    assert all("cibw-" not in volume for volume in client.created[0].volumes)


def test_the_image_of_a_container_goes_with_it(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    with factory_of(client, tmp_path).machine() as session:
        session.freeze()
        assert client.removed_images == []
    assert client.removed_images == [reference for _name, reference in client.committed]
    assert len(client.removed_images) == 1


def test_an_image_that_does_not_go_spoils_no_run(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD}, refuse_removal=RefusedError(409, "in use"))
    with factory_of(client, tmp_path).machine() as session:
        session.freeze()
    assert client.removed == [client.created[0].name]


def test_an_image_is_kept_with_its_containers(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    with factory_of(client, tmp_path, keep=True).machine() as session:
        session.freeze()
    assert (client.removed, client.removed_images) == ([], [])


def test_no_half_made_image_stays(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD}, refuse_commit=lambda: RefusedError(500, "no space left"))
    with (
        factory_of(client, tmp_path).machine() as session,
        pytest.raises(EngineUnavailableError, match="no space left"),
    ):
        session.freeze()
    assert len(client.removed_images) == 1


def snapshot_policy(client: FakeEngine, cache: Path, *, is_wanted: bool = True, now: float = NOW) -> ContainerFactory:
    state = StateSpec(
        key=lambda image: f"key-of-{image}",
        owner="me",
        files={"a.c": "1"},
        has_changed=lambda: False,
        is_wanted=is_wanted,
        clock=lambda: now,
    )
    return replace(factory_of(client, cache), state=state)


def keep_once(client: FakeEngine, cache: Path) -> str:
    """Keep a state as before-all left it; the name of its image is returned."""
    with snapshot_policy(client, cache).machine() as session:
        assert session.snapshot_policy is not None
        assert session.snapshot_policy.start == ""
        session.snapshot_policy.keep()
    assert [name for name in client.images if name != "x:1"] == ["cibw-before-all:key-of-sha256:1"]
    return "cibw-before-all:key-of-sha256:1"


def test_a_state_that_was_kept_is_where_a_later_run_starts(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    name = keep_once(client, tmp_path)
    with snapshot_policy(client, tmp_path).machine() as session:
        assert session.snapshot_policy is not None
        assert session.snapshot_policy.start == f"{name}, made on 2027-01-15"
        with session.fork() as other:
            assert other.snapshot_policy is None
    assert [made.image for made in client.created] == ["sha256:1", *[client.images[name].identity] * 2]
    assert name in client.images


def test_the_image_of_a_run_is_made_once_and_loses_the_name_of_the_run(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    with snapshot_policy(client, tmp_path).machine() as session:
        assert session.snapshot_policy is not None
        session.freeze()
        session.snapshot_policy.keep()
        with session.fork():
            pass
    assert len(client.committed) == 1
    assert client.created[1].image == client.images["cibw-before-all:key-of-sha256:1"].identity
    assert client.removed_images == [client.committed[0][1]]


def test_a_state_may_be_passed_over(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    keep_once(client, tmp_path)
    with snapshot_policy(client, tmp_path).machine() as session:
        assert session.snapshot_policy is not None
        with session.snapshot_policy.anew() as other:
            assert other.snapshot_policy is not None
            assert other.snapshot_policy.start == ""
    with snapshot_policy(client, tmp_path, is_wanted=False).machine() as session:
        assert session.snapshot_policy is not None
        assert session.snapshot_policy.start == ""
    assert [made.image for made in client.created[2:]] == ["sha256:1", "sha256:1"]


def test_a_state_that_another_run_removes_is_made_anew(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    keep_once(client, tmp_path)
    client.missing = ("sha256:of",)
    with snapshot_policy(client, tmp_path).machine() as session:
        assert session.snapshot_policy is not None
        assert session.snapshot_policy.start == ""
    assert client.created[-1].image == "sha256:1"


def test_a_container_of_a_state_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    keep_once(client, tmp_path)
    client.refuse_start = RefusedError(500, "no such device")
    with pytest.raises(EngineUnavailableError, match="no such device"), snapshot_policy(client, tmp_path).machine():
        raise AssertionError("it starts")


def test_without_identity_no_state_is_kept(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": replace(GOOD, identity="x:1")})
    with snapshot_policy(client, tmp_path).machine() as session:
        assert session.snapshot_policy is None


def test_old_states_go_when_a_new_one_was_kept(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    for number in range(3):
        labels = labels_of(str(number), "me", NOW - number - 1)
        old = LocalImage(identity=f"sha256:old{number}", oci_platform="linux/amd64", labels=labels)
        client.images[f"cibw-before-all:{number}"] = old
    with snapshot_policy(client, tmp_path).machine() as session:
        assert session.snapshot_policy is not None
        session.snapshot_policy.keep()
    names = [name for name in client.images if name.startswith("cibw-before-all")]
    assert names == ["cibw-before-all:0", "cibw-before-all:key-of-sha256:1"]
    running = replace(client.images[names[0]], identity="sha256:running")
    client.images["cibw-snapshot:running"] = running
    assert remove_states(engine_of(client)) == 2
    assert list(client.images) == ["x:1", "cibw-snapshot:running"]


def test_an_interrupt_may_come_while_the_image_is_made(tmp_path: Path) -> None:
    client = FakeEngine(images={"x:1": GOOD})
    machines: list[MachineSession] = []

    def refuse() -> RefusedError:
        machines[0].stop()
        return RefusedError(404, "no such container")

    client.refuse_commit = refuse
    with factory_of(client, tmp_path).machine() as session:
        machines.append(session)
        with pytest.raises(InterruptedRunError):
            session.freeze()


def test_a_container_that_is_kept_ends_its_command_when_it_is_stopped() -> None:
    client = FakeEngine(images={"x:1": GOOD})
    machine = open_container(engine_of(client), SPEC, ContainerSettings(run_id="r", keep=True))

    def stop(_execution: ContainerCommand, _data: bytes) -> tuple[Chunks, int]:
        machine.close()
        return [], 137

    client.answer = stop
    with pytest.raises(InterruptedRunError):
        run(machine, request("sleep", "1000"))
    machine.close()
    assert (client.killed, client.removed) == ([machine.name], [])


def test_nothing_runs_in_a_container_after_it_was_closed() -> None:
    client = FakeEngine()
    handle = ContainerHandle(client, "box")
    handle.release()
    with pytest.raises(InterruptedRunError), handle.explained():
        raise AssertionError("it runs")
    machine = machine_of(client)
    machine.close()
    with pytest.raises(InterruptedRunError):
        machine.make_dir("/a")
    assert client.executions == []


def test_what_is_left_behind_spoils_no_run() -> None:
    class Gone(FakeEngine):
        def containers(self, label: str) -> tuple[LocalContainer, ...]:
            raise EngineUnavailableError(label)

    assert engine_of(Gone()).remove_leftovers("r") == 0
