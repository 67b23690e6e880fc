"""What a container engine is asked, as values and a protocol; its adapter is container_sdk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

_NO_NAME = "<none>:<none>"


class RefusedError(Exception):
    """The engine answered with an error; `status` is the HTTP status, 500 where there is none."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVersion:
    """The version of the API, and the processor that containers run on."""

    api: str
    architecture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalImage:
    """An image that the engine has; digests are `name@sha256:...`, `size` is in bytes with all layers.

    A list of images tells no platforms.
    """

    identity: str
    oci_platform: str
    digests: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    size: int = 0

    @classmethod
    def of(cls, told: Mapping[str, object]) -> LocalImage:
        """What an engine tells of an image."""
        parts = (text_at(told, "Os") or "linux", text_at(told, "Architecture"), text_at(told, "Variant"))
        config = told.get("Config")
        size = told.get("Size")
        return cls(
            identity=text_at(told, "Id"),
            oci_platform="/".join(part for part in parts if part),
            digests=_texts_at(told, "RepoDigests"),
            names=tuple(name for name in _texts_at(told, "RepoTags") if name != _NO_NAME),
            # A list of images tells the labels at another place.
            labels=_table_at(config if isinstance(config, dict) else told, "Labels"),
            size=size if isinstance(size, int) else 0,
        )


def text_at(told: Mapping[str, object], key: str) -> str:
    """A text in what an engine tells; empty where there is none."""
    value = told.get(key)
    return value if isinstance(value, str) else ""


def _texts_at(told: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = told.get(key)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _table_at(told: Mapping[str, object], key: str) -> dict[str, str]:
    value = told.get(key)
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalContainer:
    """A container that the engine has, running or not."""

    identity: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, object]) -> LocalContainer:
        """What an engine tells of a container in a list."""
        names = _texts_at(told, "Names")
        return cls(
            identity=text_at(told, "Id"),
            name=names[0].removeprefix("/") if names else "",
            labels=_table_at(told, "Labels"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PullNews:
    """What the engine tells during a pull: the state of a layer, or of the image where `layer` is empty."""

    layer: str = ""
    status: str = ""
    current: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A resource limit of a container; -1 is unlimited."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A container to create, in the units of the API: bytes, billionths of a processor.

    One that is `attached` reads its standard input, which ends with the connection of `attach`, and goes when it ends.
    """

    name: str
    image: str
    oci_platform: str
    command: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    user: str | None = None
    hostname: str | None = None
    memory: int | None = None
    nano_cpus: int | None = None
    cpuset: str | None = None
    shm_size: int | None = None
    devices: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    add_hosts: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    ulimits: tuple[Limit, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    privileged: bool = False
    init: bool = False
    attached: bool = False
    more: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the API's HostConfig."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A command to run in a container; with `reads` it gets standard input, else that is empty.

    `environment` is the whole of it; without one it is the container's own.
    """

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str] | None = None
    reads: bool = False


class EngineClient(Protocol):
    """A connection to an engine that several threads may use; RefusedError where it answers with an error."""

    def server(self) -> ServerVersion:
        """What the engine says of itself."""

    def image(self, reference: str) -> LocalImage | None:
        """An image that the engine has, by its reference."""

    def pull(self, reference: str, oci_platform: str) -> Iterator[PullNews]:
        """Pull an image."""

    def create(self, creation: Creation) -> None:
        """Create a container."""

    def attach(self, container: str) -> None:
        """Hold the standard input of a container open until it is removed, or this process ends."""

    def start(self, container: str) -> None:
        """Start a container."""

    def begin(self, container: str, execution: Execution) -> str:
        """Prepare a command; its id is returned."""

    def output(self, execution: str, data: Iterable[bytes] = ()) -> Iterator[tuple[bytes, bool]]:
        """Run a prepared command, sending `data` where it reads.

        Gives pieces of its output, and whether they came from standard error.
        """

    def exit_code(self, execution: str) -> int | None:
        """The exit code of a command; None while it runs."""

    def remove(self, container: str) -> None:
        """Remove a container, running or not, with its anonymous volumes; a missing one is fine."""

    def kill(self, container: str) -> None:
        """End all that runs in a container, which stays; one that does not run is fine."""

    def commit(self, container: str, reference: str, labels: Mapping[str, str]) -> str:
        """Make an image of a container as it is, and give its identity; labels may hold no blanks and quotes."""

    def labelled(self, label: str) -> tuple[LocalImage, ...]:
        """All images with a label, by its name or `name=value`."""

    def tag(self, reference: str, name: str) -> None:
        """Give an image one more name, which another image may lose thereby."""

    def remove_image(self, reference: str) -> None:
        """Take a name from an image, and remove it with its last name; a missing one is fine.

        RefusedError where a container was made of it.
        """

    def containers(self, label: str) -> tuple[LocalContainer, ...]:
        """All containers with a label, by its name or `name=value`."""

    def remove_volume(self, name: str) -> None:
        """Remove a volume; a missing one is fine. RefusedError where a container uses it."""

    def close(self) -> None:
        """Close the connection."""
