"""Parsing of docker and podman command-line flags into container options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cibw.config.toml import BadValueError, did_you_mean
from cibw.errors import truth
from cibw.model.machines import CreateOptions

_SWITCHES = ("--privileged", "--init", "--read-only", "--oom-kill-disable")
FURTHER_FLAGS = (
    *("--gpus", "--mount", "--group-add", "--ipc", "--pid", "--pids-limit", "--cpu-shares", "--cpu-period"),
    *("--cpu-quota", "--cpuset-mems", "--memory-swap", "--memory-reservation", "--userns", "--uts", "--runtime"),
    *("--cgroupns", "--cgroup-parent", "--sysctl", "--dns-search", "--dns-option", "--device-cgroup-rule"),
    *("--oom-score-adj", "--volumes-from", "--storage-opt", "--read-only", "--oom-kill-disable"),
)
"""Flags that are passed on by name as fields of the engine's API."""
KNOWN_FLAGS = (
    *("--volume", "--env", "--network", "--user", "--hostname", "--memory", "--cpus", "--cpuset-cpus", "--shm-size"),
    *("--device", "--cap-add", "--cap-drop", "--security-opt", "--add-host", "--dns", "--ulimit", "--label"),
    *("--tmpfs", "--privileged", "--init", *FURTHER_FLAGS),
)
_UNUSED = {
    "--platform": "the build identifier determines it",
    "--name": "cibw names its containers",
    "--workdir": "each command has its own working directory",
    "--entrypoint": "cibw needs its own entry point to keep the container running",
    "--pull": "the image reference determines whether the image is pulled",
    "--cgroups": "the engine's API has no such setting",
    **dict.fromkeys(("--publish", "--expose"), "nothing connects to the container"),
    **dict.fromkeys(("--restart", "--stop-signal", "--stop-timeout"), "cibw stops its containers itself"),
    **dict.fromkeys(("--log-driver", "--log-opt", "--cidfile"), "cibw reads the output of the commands itself"),
}
_UNUSED_SWITCHES = {
    "--rm": "cibw removes its containers",
    **dict.fromkeys(
        ("--interactive", "--tty", "--detach", "--quiet", "--publish-all"), "containers run without a terminal"
    ),
    "--no-healthcheck": "cibw runs no health checks",
}
_ALIASES = {
    "-v": "--volume",
    "-e": "--env",
    "-u": "--user",
    "-h": "--hostname",
    "-m": "--memory",
    "-l": "--label",
    "-c": "--cpu-shares",
    "-w": "--workdir",
    "-p": "--publish",
    "-P": "--publish-all",
    "-i": "--interactive",
    "-t": "--tty",
    "-d": "--detach",
    "-q": "--quiet",
    "--net": "--network",
    "--dns-opt": "--dns-option",
}


@dataclass(frozen=True, slots=True)
class _Flag:
    name: str
    value: str


def parse_create_args(args: Sequence[str], note: Callable[[str], None]) -> CreateOptions:
    """Parse flags like `docker create`; flags that do not apply to builds are ignored with a note.

    ValueError for the first flag that is unknown or has no value.
    """
    flags = []
    for flag in _flags(args):
        if reason := _UNUSED.get(flag.name) or _UNUSED_SWITCHES.get(flag.name):
            note(f"{flag.name} in create-args is ignored: {reason}")
        else:
            flags.append(flag)
    return _options(flags)


def create_args(options: CreateOptions) -> tuple[str, ...]:
    """The flags that `parse_create_args` parses into these options."""
    values = {
        "--volume": options.volumes,
        "--env": (*(f"{name}={value}" for name, value in options.environment), *options.passed),
        "--network": options.network,
        "--user": options.user,
        "--hostname": options.hostname,
        "--memory": options.memory,
        "--cpus": options.cpus,
        "--cpuset-cpus": options.cpuset,
        "--shm-size": options.shm_size,
        "--device": options.devices,
        "--cap-add": options.cap_add,
        "--cap-drop": options.cap_drop,
        "--security-opt": options.security_opt,
        "--add-host": tuple(f"{host}={address}" for host, address in options.add_hosts),
        "--dns": options.dns,
        "--ulimit": options.ulimits,
        "--label": tuple(f"{name}={value}" for name, value in options.labels),
        "--tmpfs": options.tmpfs,
    }
    texts = ((flag, (text,) if isinstance(text, str) else text) for flag, text in values.items() if text)
    switches = (*("--privileged",) * options.privileged, *("--init",) * options.init)
    more = (
        word for flag, text in options.more for word in ((f"{flag}={text}",) if flag in _SWITCHES else (flag, text))
    )
    return (*(word for flag, several in texts for text in several for word in (flag, text)), *switches, *more)


def _options(flags: Sequence[_Flag]) -> CreateOptions:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(flag.value for flag in flags if flag.name == name)

    def last(name: str) -> str:
        return (texts(name) or ("",))[-1]

    def switch(name: str) -> bool:
        return bool(truth(last(name)))

    return CreateOptions(
        volumes=texts("--volume"),
        environment=tuple(_pair("--env", text, "=") for text in texts("--env") if "=" in text),
        passed=tuple(text for text in texts("--env") if "=" not in text),
        network=last("--network"),
        user=last("--user"),
        hostname=last("--hostname"),
        memory=last("--memory"),
        cpus=last("--cpus"),
        cpuset=last("--cpuset-cpus"),
        shm_size=last("--shm-size"),
        devices=texts("--device"),
        cap_add=texts("--cap-add"),
        cap_drop=texts("--cap-drop"),
        security_opt=texts("--security-opt"),
        add_hosts=tuple(_pair("--add-host", text, "=" if "=" in text else ":") for text in texts("--add-host")),
        dns=texts("--dns"),
        ulimits=texts("--ulimit"),
        labels=tuple(_label(text) for text in texts("--label")),
        tmpfs=texts("--tmpfs"),
        privileged=switch("--privileged"),
        init=switch("--init"),
        more=tuple((flag.name, flag.value) for flag in flags if flag.name in FURTHER_FLAGS),
    )


def _flags(args: Sequence[str]) -> Iterator[_Flag]:
    rest = iter(args)
    for arg in rest:
        if _are_unused_switches(arg):
            yield from (_Flag(_ALIASES[f"-{letter}"], "true") for letter in arg[1:])
            continue
        name, value = _split(arg)
        if name in _SWITCHES or name in _UNUSED_SWITCHES:
            yield _Flag(name, _truth(name, value))
            continue
        if name not in KNOWN_FLAGS and name not in _UNUSED:
            raise _refusal(name)
        text = next(rest, None) if value is None else value
        if text is None:
            raise BadValueError(f"{name} in create-args requires a value")
        yield _Flag(name, text)


def _are_unused_switches(arg: str) -> bool:
    """Whether an argument combines unused switches, such as `-it`."""
    letters = arg.removeprefix("-")
    return arg != letters and all(_ALIASES.get(f"-{letter}") in _UNUSED_SWITCHES for letter in letters)


def _split(arg: str) -> tuple[str, str | None]:
    """The full name of a flag, and its value if it is in the same word (`--x=y`, `-xy`)."""
    if not arg.startswith("-"):
        raise BadValueError(f"{arg!r} in create-args is not a flag", "create-args takes only flags and their values")
    if arg.startswith("--"):
        name, equals, value = arg.partition("=")
        return _ALIASES.get(name, name), value if equals else None
    name, value = arg[:2], arg[2:]
    return _ALIASES.get(name, name), value.removeprefix("=") or None


def _truth(name: str, value: str | None) -> str:
    found = value is None or truth(value)
    if found is None:
        raise BadValueError(f"{name} in create-args must be true or false, not {value!r}")
    return "true" if found else "false"


def _refusal(name: str) -> BadValueError:
    known = f"supported flags: {', '.join(sorted(KNOWN_FLAGS))}"
    if name == "--env-file":
        known = "list the variables in environment-pass, or set them with --env"
        return BadValueError(f"{name} in create-args is not supported", known)
    return BadValueError(f"{name} in create-args is not supported", did_you_mean(name, KNOWN_FLAGS, fallback=known))


def _pair(flag: str, text: str, separator: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not found or not name:
        raise BadValueError(f"{flag} {text} in create-args must have the form name{separator}value")
    return name, value


def _label(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value
