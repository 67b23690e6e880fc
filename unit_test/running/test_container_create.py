from __future__ import annotations

import pytest

from cibw.errors import ConfigurationError
from cibw.model.images import ContainerEngine, ContainerSpec, CreateOptions, Image
from cibw.running.container_api import Creation, Limit
from cibw.running.container_create import Place, creation

PLACE = Place(name="n", run_id="r", image="sha256:1", cwd="/home/me", volumes=("/cache:/cache",))

EVERYTHING = CreateOptions(
    volumes=("./x:/x:ro", "../y:/y", "name:/z", "/anonymous", ".hidden:/h"),
    environment=(("A", "1"), ("B", "x=y")),
    network="host",
    user="1000:1000",
    hostname="h",
    memory="1.5g",
    cpus="1.5",
    cpuset="0-1",
    shm_size="64m",
    devices=("/dev/fuse", "/dev/a:/dev/b", "/dev/c:r", "/dev/d:/dev/e:rw"),
    cap_add=("SYS_PTRACE",),
    cap_drop=("ALL",),
    security_opt=("seccomp=unconfined",),
    add_hosts=(("a", "1.2.3.4"), ("a", "::1")),
    dns=("1.1.1.1",),
    ulimits=("nofile=1024", "core=0:-1"),
    labels=(("l", "v"), ("cibw", "mine")),
    tmpfs=("/mem", "/mem2:size=64m,exec"),
    privileged=True,
    init=True,
)


def made(options: CreateOptions, *, place: Place = PLACE, disable_host_mount: bool = False) -> Creation:
    engine = ContainerEngine(create=options, disable_host_mount=disable_host_mount)
    return creation(ContainerSpec(engine=engine, image=Image(reference="x", oci_platform="linux/386")), place)


def test_the_usual_container_idles_with_the_host_mounted() -> None:
    planned = made(CreateOptions())
    assert planned.volumes == ("/:/host", "/cache:/cache")
    assert planned.labels == {"cibw": "r"}
    assert (planned.name, planned.image, planned.oci_platform) == ("n", "sha256:1", "linux/386")
    assert planned.command[0] == "sh"
    assert (planned.memory, planned.nano_cpus, planned.network, planned.user) == (None, None, None, None)
    assert not planned.init


def test_the_host_is_not_mounted_where_that_is_not_wanted_or_possible() -> None:
    far = Place(name="n", run_id="r", image="i", cwd="/", mount_host=False)
    assert made(CreateOptions(), place=far).volumes == ()
    assert made(CreateOptions(), disable_host_mount=True).volumes == ("/cache:/cache",)


def test_every_option_reaches_the_engine() -> None:
    planned = made(EVERYTHING, disable_host_mount=True)
    assert planned == Creation(
        name="n",
        image="sha256:1",
        oci_platform="linux/386",
        command=planned.command,
        labels={"l": "v", "cibw": "r"},
        volumes=("/home/me/x:/x:ro", "/home/y:/y", "name:/z", "/anonymous", ".hidden:/h", "/cache:/cache"),
        environment={"A": "1", "B": "x=y"},
        network="host",
        user="1000:1000",
        hostname="h",
        memory=1_610_612_736,
        nano_cpus=1_500_000_000,
        cpuset="0-1",
        shm_size=64 * 1024 * 1024,
        devices=("/dev/fuse:/dev/fuse:rwm", "/dev/a:/dev/b:rwm", "/dev/c:/dev/c:r", "/dev/d:/dev/e:rw"),
        cap_add=("SYS_PTRACE",),
        cap_drop=("ALL",),
        security_opt=("seccomp=unconfined",),
        add_hosts=("a:1.2.3.4", "a:::1"),
        dns=("1.1.1.1",),
        ulimits=(Limit(name="nofile", soft=1024, hard=1024), Limit(name="core", soft=0, hard=-1)),
        tmpfs={"/mem": "", "/mem2": "size=64m,exec"},
        privileged=True,
        init=True,
        attached=True,
    )


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("1k", 1024), ("2M", 2 << 20), ("1gb", 1 << 30), ("1 GiB", 1 << 30), ("3b", 3)]
)
def test_sizes_are_read_as_the_command_line_does(text: str, size: int) -> None:
    assert made(CreateOptions(memory=text)).memory == size


@pytest.mark.parametrize(
    "options",
    [
        CreateOptions(memory="much"),
        CreateOptions(shm_size="-1"),
        CreateOptions(cpus="all"),
        CreateOptions(cpus="0"),
        CreateOptions(cpus="nan"),
        CreateOptions(ulimits=("nofile",)),
        CreateOptions(ulimits=("nofile=x",)),
    ],
)
def test_what_cannot_be_read_is_a_mistake(options: CreateOptions) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        made(options)
