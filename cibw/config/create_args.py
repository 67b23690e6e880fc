"""Command-line flags of docker and podman, translated into container options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cibw.config.problems import BadValueError, did_you_mean
from cibw.model.images import CreateOptions

_SWITCHES = ("--privileged", "--init")
KNOWN_FLAGS = (
    "--volume",
    "--env",
    "--network",
    "--user",
    "--hostname",
    "--memory",
    "--cpus",
    "--cpuset-cpus",
    "--shm-size",
    "--device",
    "--cap-add",
    "--cap-drop",
    "--security-opt",
    "--add-host",
    "--dns",
    "--ulimit",
    "--label",
    "--tmpfs",
    *_SWITCHES,
)
_DROPPED = "--platform"
_ALIASES = {
    "-v": "--volume",
    "-e": "--env",
    "-u": "--user",
    "-h": "--hostname",
    "-m": "--memory",
    "-l": "--label",
    "--net": "--network",
}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class _Flag:
    name: str
    value: str


def parse_create_args(args: Sequence[str], note: Callable[[str], None]) -> CreateOptions:
    """Translate flags as `docker create` reads them; `--platform` is dropped with a note.

    ValueError names the first flag that is not on the list, or lacks its value.
    """
    flags = []
    for flag in _flags(args):
        if flag.name == _DROPPED:
            note("--platform in create-args is not used: the build identifier decides it")
        else:
            flags.append(flag)
    return _options(flags)


def _options(flags: Sequence[_Flag]) -> CreateOptions:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(flag.value for flag in flags if flag.name == name)

    def last(name: str) -> str:
        return (texts(name) or ("",))[-1]

    def switch(name: str) -> bool:
        return _TRUTH.get((texts(name) or ("false",))[-1], False)

    return CreateOptions(
        volumes=texts("--volume"),
        environment=tuple(_pair("--env", text, "=") for text in texts("--env")),
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
        add_hosts=tuple(_pair("--add-host", text, ":") for text in texts("--add-host")),
        dns=texts("--dns"),
        ulimits=texts("--ulimit"),
        labels=tuple(_label(text) for text in texts("--label")),
        tmpfs=texts("--tmpfs"),
        privileged=switch("--privileged"),
        init=switch("--init"),
    )


def _flags(args: Sequence[str]) -> Iterator[_Flag]:
    rest = iter(args)
    for arg in rest:
        name, value = _split(arg)
        if name in _SWITCHES:
            yield _Flag(name, _truth(name, value))
            continue
        if name not in KNOWN_FLAGS and name != _DROPPED:
            raise _refusal(name)
        text = next(rest, None) if value is None else value
        if text is None:
            raise BadValueError(f"{name} in create-args has no value")
        yield _Flag(name, text)


def _split(arg: str) -> tuple[str, str | None]:
    """The full name of a flag, and its value where it stands in the same word (`--x=y`, `-xy`)."""
    if not arg.startswith("-"):
        raise BadValueError(f"{arg!r} in create-args is no flag", "create-args holds flags and their values alone")
    if arg.startswith("--"):
        name, equals, value = arg.partition("=")
        return _ALIASES.get(name, name), value if equals else None
    name, value = arg[:2], arg[2:]
    return _ALIASES.get(name, name), value.removeprefix("=") or None


def _truth(name: str, value: str | None) -> str:
    text = "true" if value is None else value.lower()
    if text not in _TRUTH:
        raise BadValueError(f"{name} in create-args is true or false, not {value!r}")
    return text


def _refusal(name: str) -> BadValueError:
    known = f"cibw knows {', '.join(sorted(KNOWN_FLAGS))}"
    return BadValueError(f"{name} in create-args is not supported", did_you_mean(name, KNOWN_FLAGS, fallback=known))


def _pair(flag: str, text: str, separator: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not found or not name:
        hint = "to copy a variable of the host, name it in environment-pass" if flag == "--env" else ""
        raise BadValueError(f"{flag} {text} in create-args is not of the form name{separator}value", hint)
    return name, value


def _label(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value
