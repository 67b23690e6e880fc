from __future__ import annotations

import pytest

from cibw.config.values.containers import FURTHER_FLAGS
from cibw.errors import ConfigurationError
from cibw.execution.container.client import ContainerCreation, Limit
from cibw.execution.container.create import FURTHER_FIELDS, ContainerContext, creation
from cibw.model.machines import ContainerEngine, ContainerSpec, CreateOptions, Image

PLACE = ContainerContext(name="n", run_id="r", image="sha256:1", cwd="/home/me", volumes=("/cache:/cache",))

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
    more=(
        ("--gpus", "all"),
        ("--mount", "type=bind,src=data,dst=/data,ro"),
        ("--group-add", "render"),
        ("--group-add", "video"),
        ("--ipc", "host"),
        ("--pids-limit", "-1"),
        ("--memory-swap", "-1"),
        ("--memory-reservation", "1g"),
        ("--sysctl", "net.core.somaxconn=1"),
        ("--sysctl", "kernel.msgmax=2"),
        ("--read-only", "true"),
    ),
)


FURTHER = {
    "DeviceRequests": [
        {"Driver": "", "Count": -1, "DeviceIDs": [], "Capabilities": [["gpu"]], "Options": {}},
    ],
    "Mounts": [{"Type": "bind", "Source": "/home/me/data", "Target": "/data", "ReadOnly": True}],
    "GroupAdd": ["render", "video"],
    "IpcMode": "host",
    "PidsLimit": -1,
    "MemorySwap": -1,
    "MemoryReservation": 1 << 30,
    "Sysctls": {"net.core.somaxconn": "1", "kernel.msgmax": "2"},
    "ReadonlyRootfs": True,
}


def made(
    options: CreateOptions, *, place: ContainerContext = PLACE, disable_host_mount: bool = False
) -> ContainerCreation:
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
    far = ContainerContext(name="n", run_id="r", image="i", cwd="/", mount_host=False)
    assert made(CreateOptions(), place=far).volumes == ()
    assert made(CreateOptions(), disable_host_mount=True).volumes == ("/cache:/cache",)


def test_every_option_reaches_the_engine() -> None:
    planned = made(EVERYTHING, disable_host_mount=True)
    assert planned == ContainerCreation(
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
        more=FURTHER,
    )


def test_the_engine_gets_every_flag_that_the_configuration_takes() -> None:
    assert set(FURTHER_FIELDS) == set(FURTHER_FLAGS)


@pytest.mark.parametrize(
    ("text", "count", "devices", "capabilities"),
    [
        ("2", 2, [], ["gpu"]),
        ("device=0", 0, ["0"], ["gpu"]),
        ('"device=0,GPU-3a"', 0, ["0", "GPU-3a"], ["gpu"]),
        ('all,"capabilities=compute,utility"', -1, [], ["compute", "utility", "gpu"]),
        ("count=1,capabilities=gpu", 1, [], ["gpu"]),
    ],
)
def test_gpus_are_asked_for_as_the_command_line_does(
    text: str, count: int, devices: list[str], capabilities: list[str]
) -> None:
    request = {"Driver": "", "Count": count, "DeviceIDs": devices, "Capabilities": [capabilities], "Options": {}}
    assert made(CreateOptions(more=(("--gpus", text),))).more == {"DeviceRequests": [request]}


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("target=/x", {"Type": "volume", "Target": "/x", "ReadOnly": False}),
        (
            "type=volume,source=v,target=/x,volume-nocopy",
            {"Type": "volume", "Source": "v", "Target": "/x", "ReadOnly": False, "VolumeOptions": {"NoCopy": True}},
        ),
        (
            "type=tmpfs,destination=/x,tmpfs-size=1m,tmpfs-mode=1777",
            {
                "Type": "tmpfs",
                "Target": "/x",
                "ReadOnly": False,
                "TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o1777},
            },
        ),
        (
            "type=bind,source=/a,target=/x,readonly=false,bind-propagation=rshared",
            {
                "Type": "bind",
                "Source": "/a",
                "Target": "/x",
                "ReadOnly": False,
                "BindOptions": {"Propagation": "rshared"},
            },
        ),
    ],
)
def test_mounts_are_read_as_the_command_line_does(text: str, mount: dict[str, object]) -> None:
    assert made(CreateOptions(more=(("--mount", text),))).more == {"Mounts": [mount]}


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
        CreateOptions(more=(("--gpus", "many"),)),
        CreateOptions(more=(("--gpus", "all,colour=red"),)),
        CreateOptions(more=(("--mount", "type=bind,source=/a"),)),
        CreateOptions(more=(("--mount", "target=/a,colour=red"),)),
        CreateOptions(more=(("--mount", "target=/a,tmpfs-mode=9"),)),
        CreateOptions(more=(("--mount", ""),)),
        CreateOptions(more=(("--pids-limit", "few"),)),
        CreateOptions(more=(("--memory-swap", "much"),)),
    ],
)
def test_what_cannot_be_read_is_a_mistake(options: CreateOptions) -> None:
    with pytest.raises(ConfigurationError, match="invalid value"):
        made(options)
