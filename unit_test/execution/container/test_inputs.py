"""Files of this computer that a build in a container reads by name decide the key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.execution.store.input_files import HashedFiles
from cibw.model.machines import CreateOptions
from unit_test.execution.store.input_world import ENGINE, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(directory=tmp_path)


@pytest.mark.parametrize("before_all", [False, True])
def test_a_container_reads_the_mounted_host(world: World, before_all: bool) -> None:
    path = world.write("named.txt")
    world.engine = ENGINE
    text = f"cp /host{path} . && cat /etc/os-release {path}"
    if before_all:
        world.before_all = text
    else:
        world.step = text
    first = world.follow()
    assert list(first.hashes) == [str(path)]
    path.write_text("two")
    assert world.follow().hashes != first.hashes
    world.engine = replace(ENGINE, disable_host_mount=True)
    assert world.follow() == HashedFiles()


@pytest.mark.parametrize(
    "text", ["ls /host", "cp /host$(pwd)/x .", "cp /host/$X/a .", "H=/host; cat $H/etc/x", "cd /host/"]
)
def test_a_container_that_reads_anything_of_the_host(world: World, text: str) -> None:
    world.engine = ENGINE
    world.step = text
    [reason] = world.follow().reasons
    assert reason == "the step before-build names files in /host that are only known at run time"


def test_mounts_of_create_args(world: World) -> None:
    path = world.write("data/a.txt")
    volumes = (f"{path.parent}:/data:ro", "name:/tmp/cibw/cache", "/anonymous")
    world.engine = replace(ENGINE, create=CreateOptions(volumes=volumes))
    first = world.follow()
    assert (list(first.hashes), first.reasons) == ([str(path.parent)], ())
    path.write_text("two")
    assert world.follow().hashes != first.hashes
    world.engine = replace(ENGINE, create=CreateOptions(volumes=("name:/data",)))
    [reason] = world.follow().reasons
    assert "the volume name" in reason
