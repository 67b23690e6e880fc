"""The Docker SDK behind the protocol of container_api; the only module that imports docker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cibw.errors import EngineTooOldError, EngineUnavailableError
from cibw.running.container_api import (
    Creation,
    Execution,
    LocalContainer,
    LocalImage,
    PullNews,
    RefusedError,
    ServerVersion,
    text_at,
)
from cibw.running.container_attach import Attachments
from cibw.running.container_endpoints import Endpoint
from cibw.running.container_stream import ExecStream

if TYPE_CHECKING:
    from docker import APIClient
    from docker.types.containers import HostConfig

_CONNECT_SECONDS = 20
_CALL_SECONDS = 900
"""An engine may be silent for minutes while it unpacks a layer or an archive."""
_POOL = 64


class SdkClient:
    """An engine, reached by the Docker SDK; RefusedError where it says no, EngineUnavailableError where it is gone."""

    def __init__(self, api: APIClient, *, is_remote: bool = False) -> None:
        self._api = api
        self._attachments = Attachments(beats=is_remote)

    def server(self) -> ServerVersion:
        """What the engine says of itself."""
        with _translated():
            told = self._api.version()
        return ServerVersion(api=text_at(told, "ApiVersion"), architecture=text_at(told, "Arch"))

    def image(self, reference: str) -> LocalImage | None:
        """An image that the engine has, by its reference."""
        try:
            with _translated():
                told: dict[str, object] = self._api.inspect_image(reference)  # type: ignore[no-untyped-call]
        except RefusedError as refused:
            if refused.status == 404:
                return None
            raise
        return LocalImage.of(told)

    def pull(self, reference: str, oci_platform: str) -> Iterator[PullNews]:
        """Pull an image."""
        with _translated():
            for told in self._api.pull(*_for_pull(reference), stream=True, decode=True, platform=oci_platform):
                if told.get("error"):
                    raise RefusedError(500, text_at(told, "error"))
                detail = told.get("progressDetail") or {}
                yield PullNews(
                    layer=text_at(told, "id"), status=text_at(told, "status"), current=int(detail.get("current") or 0)
                )

    def create(self, creation: Creation) -> None:
        """Create a container."""
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
                # With it comes StdinOnce: the input ends with the first connection to it.
                stdin_open=creation.attached,
                host_config=self._host_config(creation),
            )

    def attach(self, container: str) -> None:
        """Hold the standard input of a container open until it is removed, or this process ends."""
        with _translated():
            connection = self._api.attach_socket(container, params={"stdin": 1, "stream": 1})
        self._attachments.add(container, connection)

    def start(self, container: str) -> None:
        """Start a container."""
        with _translated():
            self._api.start(container)

    def begin(self, container: str, execution: Execution) -> str:
        """Prepare a command; its id is returned."""
        with _translated():
            told = self._api.exec_create(
                container,
                list(execution.argv),
                workdir=execution.cwd,
                environment=dict(execution.environment or {}),
                stdin=execution.reads,
            )
        return text_at(told, "Id")

    def output(self, execution: str, data: Iterable[bytes] = ()) -> Iterator[tuple[bytes, bool]]:
        """Run a prepared command: pieces of its output, and whether they came from standard error."""
        with _translated():
            connection = self._api.exec_start(execution, socket=True)
            # Its type depends on the transport; what is common to all of them is the protocol.
            stream = ExecStream(connection)  # type: ignore[arg-type]
            try:
                yield from stream.exchange(data)
            finally:
                stream.close()

    def exit_code(self, execution: str) -> int | None:
        """The exit code of a command; None while it runs."""
        with _translated():
            told = self._api.exec_inspect(execution)
        code = told.get("ExitCode")
        return code if isinstance(code, int) and not told.get("Running") else None

    def remove(self, container: str) -> None:
        """Remove a container, running or not, with its anonymous volumes; a missing one is fine."""
        try:
            with _translated():
                self._api.remove_container(container, v=True, force=True)
        except RefusedError as refused:
            if refused.status not in {404, 409}:
                raise
        finally:
            self._attachments.drop(container)

    def kill(self, container: str) -> None:
        """End all that runs in a container; one that is missing or does not run is fine."""
        try:
            with _translated():
                self._api.kill(container)
        except RefusedError as refused:
            if refused.status not in {404, 409}:
                raise

    def commit(self, container: str, reference: str, labels: Mapping[str, str]) -> str:
        """Make an image of a container as it is, and give its identity; labels may hold no blanks and quotes."""
        repository, _, tag = reference.rpartition(":")
        changes = [f"LABEL {name}={value}" for name, value in labels.items()]
        with _translated():
            told = self._api.commit(container, repository=repository, tag=tag, pause=False, changes=changes)
        return text_at(told, "Id") or reference

    def labelled(self, label: str) -> tuple[LocalImage, ...]:
        """All images with a label, by its name or `name=value`."""
        with _translated():
            listed = self._api.images(filters={"label": label})
        return tuple(map(LocalImage.of, listed))

    def tag(self, reference: str, name: str) -> None:
        """Give an image one more name, which another image may lose thereby."""
        repository, _, tag = name.rpartition(":")
        with _translated():
            self._api.tag(reference, repository, tag)

    def remove_image(self, reference: str) -> None:
        """Take a name from an image, and remove it with its last name; a missing one is fine.

        RefusedError where a container was made of it.
        """
        try:
            with _translated():
                # By force, Podman would remove the containers that are made of it, too.
                self._api.remove_image(reference, force=False)
        except RefusedError as refused:
            if refused.status != 404:
                raise

    def containers(self, label: str) -> tuple[LocalContainer, ...]:
        """All containers with a label, by its name or `name=value`."""
        with _translated():
            told = self._api.containers(all=True, filters={"label": label})
        return tuple(map(LocalContainer.of, told))

    def remove_volume(self, name: str) -> None:
        """Remove a volume; a missing one is fine. RefusedError where a container uses it."""
        try:
            with _translated():
                self._api.remove_volume(name)
        except RefusedError as refused:
            if refused.status != 404:
                raise

    def close(self) -> None:
        """Close the connection."""
        self._attachments.close()
        self._api.close()

    def _host_config(self, creation: Creation) -> HostConfig:
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
    """Connect to an engine; EngineUnavailableError with the library's reason, EngineTooOldError for an ancient one."""
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
    """Name and tag; the API takes a digest as the tag."""
    name, separator, digest = reference.partition("@")
    if separator:
        return name, digest
    name, _, tag = reference.rpartition(":")
    return name, tag


def _inside(volume: str) -> str:
    parts = volume.split(":")
    return parts[1] if len(parts) > 1 else parts[0]
