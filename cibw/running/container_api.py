"""Requests to a container engine, as values and a protocol. The adapter is container_sdk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

_NO_NAME = "<none>:<none>"


class RefusedError(Exception):
    """The engine responded with an error. `status` is the HTTP status, or 500 if there is none."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVersion:
    """The API version, and the processor that containers run on."""

    api: str
    architecture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalImage:
    """A local image of the engine. Digests have the form `name@sha256:...`, and `size` is in bytes with all layers.

    Image lists do not include platforms.
    """

    identity: str
    oci_platform: str
    digests: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    size: int = 0

    @classmethod
    def of(cls, told: Mapping[str, object]) -> LocalImage:
        """Parse an image description from the engine."""
        parts = (text_at(told, "Os") or "linux", text_at(told, "Architecture"), text_at(told, "Variant"))
        config = told.get("Config")
        size = told.get("Size")
        return cls(
            identity=text_at(told, "Id"),
            oci_platform="/".join(part for part in parts if part),
            digests=_texts_at(told, "RepoDigests"),
            names=tuple(name for name in _texts_at(told, "RepoTags") if name != _NO_NAME),
            # Image lists have the labels in a different place.
            labels=_table_at(config if isinstance(config, dict) else told, "Labels"),
            size=size if isinstance(size, int) else 0,
        )


def text_at(told: Mapping[str, object], key: str) -> str:
    """Return a string from an engine response, or an empty string if it is missing."""
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
    """A container of the engine, running or not."""

    identity: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, object]) -> LocalContainer:
        """Parse a container from a list of the engine."""
        names = _texts_at(told, "Names")
        return cls(
            identity=text_at(told, "Id"),
            name=names[0].removeprefix("/") if names else "",
            labels=_table_at(told, "Labels"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PullNews:
    """Progress of a pull: the state of a layer, or of the image if `layer` is empty."""

    layer: str = ""
    status: str = ""
    current: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A resource limit of a container; -1 means unlimited."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A container to create, in the units of the API: bytes and billionths of a processor.

    An `attached` container reads its standard input, which ends with the connection of `attach`. It is removed when
    it ends.
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
    """Additional fields of the API's HostConfig."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A command to run in a container. It reads standard input if `reads` is set; otherwise standard input is empty.

    `environment` is the complete environment. If it is missing, the container's own environment is used.
    """

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str] | None = None
    reads: bool = False


class EngineClient(Protocol):
    """A connection to an engine that several threads may use.

    Methods raise RefusedError if it responds with an error.
    """

    def server(self) -> ServerVersion:
        """Return the engine's version and platform."""

    def image(self, reference: str) -> LocalImage | None:
        """Return a local image by its reference."""

    def pull(self, reference: str, oci_platform: str) -> Iterator[PullNews]:
        """Pull an image."""

    def create(self, creation: Creation) -> None:
        """Create a container."""

    def attach(self, container: str) -> None:
        """Keep the container's standard input open until the container is removed or this process ends."""

    def start(self, container: str) -> None:
        """Start a container."""

    def begin(self, container: str, execution: Execution) -> str:
        """Prepare a command and return its id."""

    def output(self, execution: str, data: Iterable[bytes] = ()) -> Iterator[tuple[bytes, bool]]:
        """Run a prepared command, sending `data` if it reads standard input.

        Yield chunks of its output, and whether they came from standard error.
        """

    def exit_code(self, execution: str) -> int | None:
        """Return the exit code of a command, or None while it runs."""

    def remove(self, container: str) -> None:
        """Remove a container, running or not, with its anonymous volumes, if it exists."""

    def kill(self, container: str) -> None:
        """Kill all processes of a container without removing it. Does nothing if it is not running."""

    def commit(self, container: str, reference: str, labels: Mapping[str, str]) -> str:
        """Create an image of a container and return its id. Labels must not contain spaces or quotes."""

    def labelled(self, label: str) -> tuple[LocalImage, ...]:
        """Return all images with a label, given by name or as `name=value`."""

    def tag(self, reference: str, name: str) -> None:
        """Add a name to an image. Another image with that name loses it."""

    def remove_image(self, reference: str) -> None:
        """Remove a name from an image, and the image with its last name, if it exists.

        Raises RefusedError if a container was created from it.
        """

    def containers(self, label: str) -> tuple[LocalContainer, ...]:
        """Return all containers with a label, given by name or as `name=value`."""

    def remove_volume(self, name: str) -> None:
        """Remove a volume, if it exists. Raise RefusedError if a container uses it."""

    def close(self) -> None:
        """Close the connection."""
