"""The adapter of the Docker SDK; the only module that imports it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from cibw.errors import EngineTooOldError, EngineUnavailableError
from cibw.execution.container.client import (
    ContainerCommand,
    ContainerCreation,
    EngineClient,
    LocalContainer,
    LocalImage,
    PullNews,
    RefusedError,
    ServerVersion,
    text_at,
)
from cibw.execution.container.endpoints import Endpoint

if TYPE_CHECKING:
    from docker import APIClient
    from docker.types.containers import HostConfig


# The connection of a running command, as returned by the Docker SDK.


class _Closable(Protocol):
    def close(self) -> object: ...


class Connection(_Closable, Protocol):
    """A connection that sends data and can be closed."""

    def sendall(self, data: bytes, /) -> object:
        """Send all of the data."""


class ExecStream:
    """Sends a command its standard input and receives its output. Must be closed.

    `connection` is the SDK's result for `socket=True`: a file around a socket, or a socket, depending on the
    transport.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._socket: Connection = getattr(connection, "_sock", connection)
        self._response: _Closable | None = getattr(connection, "_response", None)

    def exchange(self, data: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
        """Send all data while receiving output. Raise OSError if either fails.

        The end of the data is not signalled, because not every transport supports that. The command must detect it.
        """
        from docker.utils.socket import STDERR, frames_iter

        sender = _Sender(self._socket, data)
        sender.start()
        for stream, chunk in frames_iter(self._connection, False):  # type: ignore[no-untyped-call]
            yield chunk, stream == STDERR
        sender.finish()

    def send(self, data: bytes) -> None:
        """Send data without receiving. Raise OSError if the connection is lost."""
        self._socket.sendall(data)

    def close(self) -> None:
        """Close the connection, even in the middle of a command."""
        for part in (self._response, self._connection, self._socket):
            if part is not None:
                with suppress(OSError):
                    part.close()


class _Sender:
    """Sends in a separate thread, so that a command that writes much output is not blocked."""

    def __init__(self, socket: Connection, data: Iterable[bytes]) -> None:
        self._socket = socket
        self._data = data
        self._fault: OSError | None = None
        self._thread = threading.Thread(target=self._send, name="send", daemon=True)

    def start(self) -> None:
        if self._data != ():
            self._thread.start()

    def finish(self) -> None:
        """Stop sending, because the command has ended and does not read the rest."""
        if self._data != ():
            self._thread.join(1.0)
        if self._fault is not None:
            raise self._fault

    def _send(self) -> None:
        try:
            for piece in self._data:
                self._socket.sendall(piece)
        except BrokenPipeError:
            return
        except OSError as error:
            self._fault = error
            self._end()

    def _end(self) -> None:
        """Wake up the receiver, because the command may wait for the rest forever."""
        shutdown = getattr(self._socket, "shutdown", None)
        with suppress(OSError):
            if shutdown is not None:
                shutdown(SHUT_RDWR)


# Connections that keep containers alive: each container ends when the connection to its standard input closes.

_BEAT_SECONDS = 30.0
_BEAT = b"\n"


class Attachments:
    """Open connections by container. May be shared between threads.

    With `beats` some data is sent periodically. Routers and firewalls drop idle connections, which would end the
    container in the middle of a build.
    """

    def __init__(self, *, beats: bool, seconds: float = _BEAT_SECONDS) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, ExecStream] = {}
        self._beats = beats
        self._seconds = seconds
        self._is_over = threading.Event()

    def add(self, container: str, connection: Connection) -> None:
        """Keep a connection to a container open."""
        with self._lock:
            self._open[container] = ExecStream(connection)
            if self._beats:
                self._beats = False
                threading.Thread(target=self._beat, name="keep containers alive", daemon=True).start()

    def drop(self, container: str) -> None:
        """Close the connection to a container, if there is one."""
        with self._lock:
            stream = self._open.pop(container, None)
        if stream is not None:
            stream.close()

    def close(self) -> None:
        """Close all connections."""
        self._is_over.set()
        for container in tuple(self._open):
            self.drop(container)

    def _beat(self) -> None:
        while not self._is_over.wait(self._seconds):
            with self._lock:
                streams = tuple(self._open.values())
            for stream in streams:
                # The container is gone. Commands in it report that.
                with suppress(OSError):
                    stream.send(_BEAT)


# The adapter for the protocol in client.py.

_CONNECT_SECONDS = 20
_CALL_SECONDS = 900
"""An engine may be silent for minutes while it unpacks a layer or an archive."""
_POOL = 64


class SdkClient(EngineClient):
    """An engine accessed through the Docker SDK. Raises RefusedError or EngineUnavailableError."""

    def __init__(self, api: APIClient, *, is_remote: bool = False) -> None:
        self._api = api
        self._attachments = Attachments(beats=is_remote)

    @override
    def server(self) -> ServerVersion:
        with _translated():
            told = self._api.version()
        return ServerVersion(api=text_at(told, "ApiVersion"), architecture=text_at(told, "Arch"))

    @override
    def image(self, reference: str) -> LocalImage | None:
        try:
            with _translated():
                told: dict[str, object] = self._api.inspect_image(reference)  # type: ignore[no-untyped-call]
        except RefusedError as refused:
            if refused.status == 404:
                return None
            raise
        return LocalImage.of(told)

    @override
    def pull(self, reference: str, oci_platform: str) -> Iterator[PullNews]:
        with _translated():
            for told in self._api.pull(*_for_pull(reference), stream=True, decode=True, platform=oci_platform):
                if told.get("error"):
                    raise RefusedError(500, text_at(told, "error"))
                detail = told.get("progressDetail") or {}
                yield PullNews(
                    layer=text_at(told, "id"), status=text_at(told, "status"), current=int(detail.get("current") or 0)
                )

    @override
    def create(self, creation: ContainerCreation) -> None:
        with _translated():
            self._api.create_container(
                creation.image,
                name=creation.name,
                platform=creation.oci_platform or None,
                entrypoint=list(creation.command),
                command=[],
                hostname=creation.hostname,
                user=creation.user,
                environment=dict(creation.environment),
                labels=dict(creation.labels),
                volumes=[_inside(volume) for volume in creation.volumes],
                # It includes StdinOnce: the input ends with the first connection to it.
                stdin_open=creation.attached,
                host_config=self._host_config(creation),
            )

    @override
    def attach(self, container: str) -> None:
        with _translated():
            connection = self._api.attach_socket(container, params={"stdin": 1, "stream": 1})
        self._attachments.add(container, connection)

    @override
    def start(self, container: str) -> None:
        with _translated():
            self._api.start(container)

    @override
    def begin(self, container: str, execution: ContainerCommand) -> str:
        with _translated():
            told = self._api.exec_create(
                container,
                list(execution.argv),
                workdir=execution.cwd,
                environment=dict(execution.environment or {}),
                stdin=execution.reads,
            )
        return text_at(told, "Id")

    @override
    def output(self, execution: str, data: Iterable[bytes] = ()) -> Iterator[tuple[bytes, bool]]:
        with _translated():
            connection = self._api.exec_start(execution, socket=True)
            # The type depends on the transport. The protocol covers what all of them have in common.
            stream = ExecStream(connection)  # type: ignore[arg-type]
            try:
                yield from stream.exchange(data)
            finally:
                stream.close()

    @override
    def exit_code(self, execution: str) -> int | None:
        with _translated():
            told = self._api.exec_inspect(execution)
        code = told.get("ExitCode")
        return code if isinstance(code, int) and not told.get("Running") else None

    @override
    def remove(self, container: str) -> None:
        try:
            with _translated():
                self._api.remove_container(container, v=True, force=True)
        except RefusedError as refused:
            if refused.status not in {404, 409}:
                raise
        finally:
            self._attachments.drop(container)

    @override
    def kill(self, container: str) -> None:
        try:
            with _translated():
                self._api.kill(container)
        except RefusedError as refused:
            if refused.status not in {404, 409}:
                raise

    @override
    def commit(self, container: str, reference: str, labels: Mapping[str, str]) -> str:
        repository, _, tag = reference.rpartition(":")
        changes = [f"LABEL {name}={value}" for name, value in labels.items()]
        with _translated():
            told = self._api.commit(container, repository=repository, tag=tag, pause=False, changes=changes)
        return text_at(told, "Id") or reference

    @override
    def labelled(self, label: str) -> tuple[LocalImage, ...]:
        with _translated():
            listed = self._api.images(filters={"label": label})
        return tuple(map(LocalImage.of, listed))

    @override
    def tag(self, reference: str, name: str) -> None:
        repository, _, tag = name.rpartition(":")
        with _translated():
            self._api.tag(reference, repository, tag)

    @override
    def remove_image(self, reference: str) -> None:
        try:
            with _translated():
                # With force, Podman would also remove the containers created from it.
                self._api.remove_image(reference, force=False)
        except RefusedError as refused:
            if refused.status != 404:
                raise

    @override
    def containers(self, label: str) -> tuple[LocalContainer, ...]:
        with _translated():
            told = self._api.containers(all=True, filters={"label": label})
        return tuple(map(LocalContainer.of, told))

    @override
    def remove_volume(self, name: str) -> None:
        try:
            with _translated():
                self._api.remove_volume(name)
        except RefusedError as refused:
            if refused.status != 404:
                raise

    @override
    def close(self) -> None:
        self._attachments.close()
        self._api.close()

    def _host_config(self, creation: ContainerCreation) -> HostConfig:
        from docker.types import Ulimit

        config = self._api.create_host_config(
            binds=list(creation.volumes),
            network_mode=creation.network,
            mem_limit=creation.memory,
            nano_cpus=creation.nano_cpus,
            cpuset_cpus=creation.cpuset,
            shm_size=creation.shm_size,
            devices=list(creation.devices) or None,
            cap_add=list(creation.cap_add) or None,
            cap_drop=list(creation.cap_drop) or None,
            security_opt=list(creation.security_opt) or None,
            extra_hosts=list(creation.add_hosts) or None,
            dns=list(creation.dns) or None,
            ulimits=[Ulimit(name=item.name, soft=item.soft, hard=item.hard) for item in creation.ulimits] or None,
            tmpfs=dict(creation.tmpfs) or None,
            privileged=creation.privileged,
            init=creation.init or None,
            auto_remove=creation.attached,
        )
        config.update(creation.more)
        return config


def open_client(endpoint: Endpoint, environment: Mapping[str, str]) -> SdkClient:
    """Connect to an engine. Raise EngineUnavailableError with the library's reason, or EngineTooOldError."""
    import docker
    from docker.errors import DockerException, InvalidVersion
    from docker.utils import kwargs_from_env

    tls = kwargs_from_env(dict(environment)).get("tls") if endpoint.origin == "DOCKER_HOST" else None
    try:
        api = docker.APIClient(
            base_url=endpoint.url,
            version="auto",
            timeout=_CONNECT_SECONDS,
            tls=tls or False,
            max_pool_size=_POOL,
            use_ssh_client=endpoint.url.startswith("ssh://"),
        )
    except InvalidVersion as error:
        raise EngineTooOldError(str(error)) from error
    except (DockerException, OSError) as error:
        raise EngineUnavailableError(str(error)) from error
    api.timeout = _CALL_SECONDS
    return SdkClient(api, is_remote=endpoint.is_remote)


@contextmanager
def _translated() -> Iterator[None]:
    from docker.errors import APIError, DockerException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except APIError as error:
        raise RefusedError(error.status_code or 500, str(error.explanation or error)) from error
    except (DockerException, HTTPError, OSError) as error:
        raise EngineUnavailableError(
            f"The container engine no longer responds: {error}",
            hint="Check whether it is still running, then run cibw again.",
        ) from error


def _for_pull(reference: str) -> tuple[str, str]:
    """Split a reference into name and tag. The API accepts a digest as the tag."""
    name, separator, digest = reference.partition("@")
    if separator:
        return name, digest
    name, _, tag = reference.rpartition(":")
    return name, tag


def _inside(volume: str) -> str:
    parts = volume.split(":")
    return parts[1] if len(parts) > 1 else parts[0]
