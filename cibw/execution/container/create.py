"""Translates a container specification into an engine request; pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from posixpath import isabs, join, normpath

from cibw.errors import ConfigurationError, truth
from cibw.execution.container.client import ContainerCreation, Limit
from cibw.model.machines import ContainerSpec, CreateOptions

LABEL = "cibw"
"""The label of every container. Its value is the run id."""
HOST_PLACE = "/host"
"""Where the host's root is mounted."""
HOST_MOUNT = f"/:{HOST_PLACE}"
CACHE_PLACE = "/tmp/cibw/cache"  # noqa: S108  # in a container that is ours alone
"""Where the volume for tool caches is mounted."""
OWNER_LABEL = "cibw.runs"
"""The label of containers that a later run may remove. It identifies the runs that belong together (`LiveRuns`)."""
_IDLE = ("sh", "-c", "while :; do sleep 86400; done")
"""Every shell supports it. A shell as the first process also reaps orphans."""
_ATTACHED = ("sh", "-c", "cat >/dev/null; :")
"""Ends with its standard input. The command after `cat` keeps the shell running, which reaps orphans."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerContext:
    """The context of a container: its name, run and image, the host's working directory, and volumes of the run.

    `mount_host` is set if the host's root can be mounted at `/host`, which is not possible on a remote engine.
    `owner` identifies the set of runs that the run belongs to. A container that is kept does not end with the run.
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
        """Return the labels that identify the owner of the container."""
        return own_labels(self.run_id, "" if self.keep else self.owner)


def own_labels(run_id: str, owner: str) -> dict[str, str]:
    """Return the labels for objects of a run. Without an owner, no other run removes them."""
    return {LABEL: run_id, **({OWNER_LABEL: owner} if owner else {})}


def creation(spec: ContainerSpec, place: ContainerContext) -> ContainerCreation:
    """Return the request to create a container. Raise ConfigurationError for invalid values."""
    options = spec.engine.create
    mounts_host = place.mount_host and not spec.engine.disable_host_mount
    volumes = (*options.volumes, *place.volumes)
    return ContainerCreation(
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
        more=_further(options.more, place.cwd),
    )


def _further(flags: Sequence[tuple[str, str]], cwd: str) -> dict[str, object]:
    """Return HostConfig fields for flags that have no field of their own in `ContainerCreation`."""
    fields: dict[str, object] = {}
    for flag, text in flags:
        field, read = FURTHER_FIELDS[flag]
        fields[field] = _joined(fields.get(field), read(flag, text, cwd))
    return fields


def _joined(earlier: object, value: object) -> object:
    """Merge the values of a repeated flag if they are lists or tables; otherwise the last one is used."""
    match earlier, value:
        case list(), list():
            return [*earlier, *value]
        case dict(), dict():
            return {**earlier, **value}
        case _:
            return value


def _number(flag: str, text: str, _cwd: str = "") -> int:
    try:
        return int(text)
    except ValueError:
        raise _mistake(flag, text, "a whole number") from None


def _settings(text: str) -> dict[str, str]:
    """Parse a flag value such as `--mount type=bind,source=/a`, a line of CSV. A bare word has no value."""
    words = next(csv.reader([text]), [])
    pairs = (word.partition("=") for word in words)
    return {name.strip().lower(): value for name, _, value in pairs}


def _gpus(text: str) -> dict[str, object]:
    settings = {name if value else "count": value or name for name, value in _settings(text).items()}
    devices = settings.pop("device", "")
    count = settings.pop("count", "" if devices else "1")
    capabilities = [word for word in settings.pop("capabilities", "").split(",") if word]
    request: dict[str, object] = {
        "Driver": settings.pop("driver", ""),
        "Count": -1 if count == "all" else _number("--gpus", count or "0"),
        "DeviceIDs": [word for word in devices.split(",") if word],
        "Capabilities": [list(dict.fromkeys((*capabilities, "gpu")))],
        "Options": dict(_settings(settings.pop("options", ""))),
    }
    if settings:
        raise _mistake("--gpus", text, "all, a number, or a value such as device=0")
    return request


def _mount(text: str, cwd: str) -> dict[str, object]:
    """Parse a mount for the engine's API. A source that begins with a dot is relative to the working directory."""
    settings = {_MOUNT_NAMES.get(name, name): value for name, value in _settings(text).items()}
    kind, source = settings.pop("type", "volume"), settings.pop("source", "")
    if kind == "bind" and not isabs(source):
        source = normpath(join(cwd, source))
    mount: dict[str, object] = {"Type": kind, "Target": settings.pop("target", ""), "ReadOnly": False}
    if source:
        mount["Source"] = source
    for name, value in settings.items():
        if name not in _MOUNT_FIELDS:
            raise _mistake("--mount", text, f"one of {', '.join(('type', 'source', 'target', *_MOUNT_FIELDS))}")
        group, field, convert = _MOUNT_FIELDS[name]
        try:
            found = convert(value)
        except ValueError:
            raise _mistake("--mount", text, f"a number for {name}") from None
        if group:
            mount[group] = _joined(mount.get(group), {field: found})
        else:
            mount[field] = found
    if not mount["Target"]:
        raise _mistake("--mount", text, "a value with a target such as type=bind,source=/data,target=/data")
    return mount


def _is_true(text: str) -> bool:
    return not text or bool(truth(text))


def _text(_flag: str, text: str, _cwd: str) -> object:
    return text


def _texts(_flag: str, text: str, _cwd: str) -> object:
    return [text]


def _table(_flag: str, text: str, _cwd: str) -> object:
    name, _, value = text.partition("=")
    return {name: value}


def _size(flag: str, text: str, _cwd: str) -> object:
    return -1 if text == "-1" else _bytes(flag, text)


_Read = Callable[[str, str, str], object]
"""Takes a flag, its value and the working directory, and returns the value of the field."""
FURTHER_FIELDS: dict[str, tuple[str, _Read]] = {
    "--gpus": ("DeviceRequests", lambda _flag, text, _cwd: [_gpus(text)]),
    "--mount": ("Mounts", lambda _flag, text, cwd: [_mount(text, cwd)]),
    "--ipc": ("IpcMode", _text),
    "--pid": ("PidMode", _text),
    "--cpuset-mems": ("CpusetMems", _text),
    "--userns": ("UsernsMode", _text),
    "--uts": ("UTSMode", _text),
    "--runtime": ("Runtime", _text),
    "--cgroupns": ("CgroupnsMode", _text),
    "--cgroup-parent": ("CgroupParent", _text),
    "--pids-limit": ("PidsLimit", _number),
    "--cpu-shares": ("CpuShares", _number),
    "--cpu-period": ("CpuPeriod", _number),
    "--cpu-quota": ("CpuQuota", _number),
    "--oom-score-adj": ("OomScoreAdj", _number),
    "--memory-swap": ("MemorySwap", _size),
    "--memory-reservation": ("MemoryReservation", _size),
    "--read-only": ("ReadonlyRootfs", lambda _flag, text, _cwd: _is_true(text)),
    "--oom-kill-disable": ("OomKillDisable", lambda _flag, text, _cwd: _is_true(text)),
    "--sysctl": ("Sysctls", _table),
    "--storage-opt": ("StorageOpt", _table),
    "--group-add": ("GroupAdd", _texts),
    "--dns-search": ("DnsSearch", _texts),
    "--dns-option": ("DnsOptions", _texts),
    "--device-cgroup-rule": ("DeviceCgroupRules", _texts),
    "--volumes-from": ("VolumesFrom", _texts),
}
"""The HostConfig fields and parsers for the flags in `FURTHER_FLAGS`."""
_MOUNT_NAMES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_MOUNT_FIELDS: dict[str, tuple[str, str, Callable[[str], object]]] = {
    "readonly": ("", "ReadOnly", _is_true),
    "consistency": ("", "Consistency", str),
    "bind-propagation": ("BindOptions", "Propagation", str),
    "bind-nonrecursive": ("BindOptions", "NonRecursive", _is_true),
    "volume-nocopy": ("VolumeOptions", "NoCopy", _is_true),
    "volume-subpath": ("VolumeOptions", "Subpath", str),
    "tmpfs-size": ("TmpfsOptions", "SizeBytes", lambda text: _bytes("--mount", text)),
    "tmpfs-mode": ("TmpfsOptions", "Mode", lambda text: int(text, 8)),
}


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
    """`/dev/x` without further parts means the same path inside, with all permissions."""
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
        f"container-engine: invalid value for {flag}: {text}. Expected {wanted}.",
        hint="Correct the create-args of the container-engine option.",
    )
