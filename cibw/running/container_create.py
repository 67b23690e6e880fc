"""From a container's specification to what the engine is told; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import isabs, join, normpath

from cibw.errors import ConfigurationError
from cibw.model.images import ContainerSpec, CreateOptions
from cibw.running.container_api import Creation, Limit

LABEL = "cibw"
"""The label of every container; its value is the id of the run."""
HOST_PLACE = "/host"
"""Where the root of this computer is mounted."""
HOST_MOUNT = f"/:{HOST_PLACE}"
CACHE_PLACE = "/tmp/cibw/cache"  # noqa: S108  # in a container that is ours alone
"""Where a volume is mounted for what tools keep between builds."""
OWNER_LABEL = "cibw.runs"
"""The label of a container that a later run may remove: it tells the runs to which its own belongs (`LiveRuns`)."""
_IDLE = ("sh", "-c", "while :; do sleep 86400; done")
"""Every shell knows it, and a shell as the first process also reaps orphans."""
_ATTACHED = ("sh", "-c", "cat >/dev/null; :")
"""Ends with its standard input. The command after `cat` keeps the shell, which reaps orphans."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a container comes to be: its name, run and image, the host's working directory, volumes of the run.

    `mount_host` says whether the host's root can stand at `/host`: not on another computer. `owner` tells the runs
    that the run belongs to. A container that is to be kept does not end with the run.
    """

    name: str
    run_id: str
    image: str
    cwd: str
    volumes: tuple[str, ...] = ()
    mount_host: bool = True
    owner: str = ""
    keep: bool = False

    @property
    def labels(self) -> dict[str, str]:
        """What tells others whose container it is."""
        return own_labels(self.run_id, "" if self.keep else self.owner)


def own_labels(run_id: str, owner: str) -> dict[str, str]:
    """The labels of what belongs to a run; without an owner no other run removes it."""
    return {LABEL: run_id, **({OWNER_LABEL: owner} if owner else {})}


def creation(spec: ContainerSpec, place: Place) -> Creation:
    """What to tell the engine; ConfigurationError for a size, number or limit that can't be read."""
    options = spec.engine.create
    mounts_host = place.mount_host and not spec.engine.disable_host_mount
    volumes = (*options.volumes, *place.volumes)
    return Creation(
        name=place.name,
        image=place.image,
        oci_platform=spec.image.oci_platform,
        command=_IDLE if place.keep else _ATTACHED,
        attached=not place.keep,
        labels={**dict(options.labels), **place.labels},
        volumes=(HOST_MOUNT,) * mounts_host + tuple(_absolute(volume, place.cwd) for volume in volumes),
        environment=dict(options.environment),
        network=options.network or None,
        user=options.user or None,
        hostname=options.hostname or None,
        memory=_bytes("--memory", options.memory),
        nano_cpus=_nano_cpus(options.cpus),
        cpuset=options.cpuset or None,
        shm_size=_bytes("--shm-size", options.shm_size),
        devices=tuple(map(_device, options.devices)),
        cap_add=options.cap_add,
        cap_drop=options.cap_drop,
        security_opt=options.security_opt,
        add_hosts=tuple(f"{host}:{address}" for host, address in options.add_hosts),
        dns=options.dns,
        ulimits=tuple(map(_limit, options.ulimits)),
        tmpfs=_tmpfs(options),
        privileged=options.privileged,
        init=options.init,
    )


def _absolute(volume: str, cwd: str) -> str:
    source, separator, rest = volume.partition(":")
    if separator and source.split("/")[0] in {".", ".."}:
        return f"{normpath(join(cwd, source))}:{rest}"
    return volume


def _bytes(flag: str, text: str) -> int | None:
    if not text:
        return None
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise _mistake(flag, text, "a size such as 512m or 2g")
    return int(float(match[1]) * 1024 ** _POWERS[match[2].lower()])


def _nano_cpus(text: str) -> int | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise _mistake("--cpus", text, "a number of processors such as 1.5")
    return round(number * 1e9)


def _device(text: str) -> str:
    """`/dev/x` alone stands for the same path inside, with all rights."""
    parts = text.split(":")
    match parts:
        case [source]:
            return f"{source}:{source}:rwm"
        case [source, inside] if isabs(inside):
            return f"{source}:{inside}:rwm"
        case [source, rights]:
            return f"{source}:{source}:{rights}"
        case _:
            return text


def _limit(text: str) -> Limit:
    name, separator, values = text.partition("=")
    soft, _, hard = values.partition(":")
    try:
        return Limit(name=name, soft=int(soft), hard=int(hard or soft))
    except ValueError:
        pass
    raise _mistake("--ulimit", text, "a limit such as nofile=1024 or nofile=1024:2048" if separator else "NAME=NUMBER")


def _tmpfs(options: CreateOptions) -> dict[str, str]:
    pairs = (text.partition(":") for text in options.tmpfs)
    return {path: flags for path, _, flags in pairs}


def _mistake(flag: str, text: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(
        f"container-engine: {flag} {text} can't be read; {wanted} is wanted.",
        hint="Correct the create-args of the container-engine option.",
    )
