"""The protocol of container engines, and a container that is always released."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from cibw.errors import CibwError, EngineUnavailableError, InterruptedRunError
from cibw.model.templates import MemoryShortage

# Requests to a container engine, as values and a protocol. The adapter is sdk.py.

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
class ContainerCreation:
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
class ContainerCommand:
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

    def create(self, creation: ContainerCreation) -> None:
        """Create a container."""

    def attach(self, container: str) -> None:
        """Keep the container's standard input open until the container is removed or this process ends."""

    def start(self, container: str) -> None:
        """Start a container."""

    def begin(self, container: str, execution: ContainerCommand) -> str:
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
        """Kill all processes of a container without removing it, if it exists and is running."""

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


# Distinguishes commands that could not be started from commands that failed; pure.

_CANNOT_START = 126
_NOT_FOUND = 127
_PODMAN_GENERAL = 125
_DOCKER_WORDS = b"OCI runtime exec failed"


class StartFaults:
    """Checks the beginning of a command's output for error messages of the engine.

    Docker writes them to standard output. Podman uses exit code 125 for some of them.
    """

    def __init__(self) -> None:
        self._first = True
        self._seen = False

    def judge(self, chunk: bytes, is_error: bool) -> bool:
        """Return whether a chunk of output belongs to standard error."""
        if self._first:
            self._first = False
            from_docker = not is_error and chunk.startswith(_DOCKER_WORDS)
            from_podman = is_error and chunk.startswith(b"Error: ") and b"OCI " in chunk
            self._seen = from_docker or from_podman
            return is_error or from_docker
        return is_error

    def exit_code(self, code: int) -> int:
        """Return the exit code. A command that did not start has 126 or 127."""
        return _CANNOT_START if self._seen and code == _PODMAN_GENERAL else code

    def exit_code_of(self, refused: RefusedError) -> int:
        """Return the exit code of a command that the engine refused to start.

        Raise the error if it has another cause.
        """
        message = refused.message
        if "exec failed" not in message and "OCI " not in message and "executable file" not in message:
            raise refused
        return _NOT_FOUND if "not found" in message or "no such file" in message.lower() else _CANNOT_START


# Holds a container and makes sure that it is released.


class ContainerHandle:
    """A container by name. `prefix` is prepended to each argv, and `release` removes the container.

    `memory` is its limit in bytes, or 0 for no limit.
    """

    def __init__(
        self, client: EngineClient, name: str, *, prefix: tuple[str, ...] = (), keep: bool = False, memory: int = 0
    ) -> None:
        self._memory = memory
        self.client = client
        self.name = name
        self.prefix = prefix
        self._keep = keep
        self._released = False
        self._lock = threading.Lock()
        self._uses = 0

    def release(self) -> None:
        """Remove the container. A container that is to be kept is only killed, if it is in use."""
        with self._lock:
            self._released = True
            is_used = self._uses > 0
        if not self._keep:
            remove_surely(self.client, self.name)
        elif is_used:
            surely(lambda: self.client.kill(self.name))

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Raise the right error if the container was closed on purpose or went away."""
        with self._lock:
            self._check_released()
            self._uses += 1
        try:
            with self._told_apart():
                yield
        finally:
            with self._lock:
                self._uses -= 1

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        try:
            yield
        except (RefusedError, EngineUnavailableError) as error:
            self._check_released()
            if isinstance(error, EngineUnavailableError):
                raise
            raise EngineUnavailableError(
                f"The container {self.name} does not respond: {error}",
                hint=self._hint,
            ) from error
        self._check_released()

    @property
    def _hint(self) -> str:
        if not self._memory:
            return "Check whether it was removed or ran out of memory, then run cibw again."
        return f"It may have run out of memory. {MemoryShortage(limit=self._memory, container=True).hint}"

    def _check_released(self) -> None:
        if self._released:
            raise InterruptedRunError("Interrupted.")


def remove_surely(client: EngineClient, name: str) -> None:
    """Remove a container without raising errors. Signals that arrive meanwhile take effect afterwards."""
    surely(lambda: client.remove(name))


def surely(action: Callable[[], None]) -> None:
    """Run an engine request without raising errors. Signals that arrive meanwhile take effect afterwards.

    Signals only reach the main thread, so another thread makes the request. The main thread waits for an event,
    because a join that is interrupted by a signal may consider the thread finished.
    """
    done = threading.Event()
    threading.Thread(target=_act, args=(action, done), name="ask the engine").start()
    _wait(done)


def _act(action: Callable[[], None], done: threading.Event) -> None:
    try:
        with suppress(CibwError, RefusedError):
            action()
    finally:
        done.set()


def _wait(done: threading.Event) -> None:
    try:
        done.wait()
    finally:
        if not done.is_set():
            _wait(done)
