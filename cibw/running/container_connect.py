"""Connecting to Docker or Podman."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from cibw.errors import CibwError, EngineTooOldError, EngineUnavailableError, ImageUnavailableError
from cibw.exhaustive import assert_never
from cibw.model.images import EngineName, Image
from cibw.running.container_api import EngineClient, LocalContainer, RefusedError, ServerVersion
from cibw.running.container_create import LABEL
from cibw.running.container_endpoints import (
    Endpoint,
    docker_endpoint,
    fault_of,
    podman_endpoints,
    podman_program,
)
from cibw.running.container_handle import remove_surely
from cibw.running.host_service import HostService, start_podman_service

OLDEST_API = (1, 41)
_INSTEAD = {
    EngineName.DOCKER: "or use --engine podman or --engine host",
    EngineName.PODMAN: "or use --engine docker or --engine host",
}


class Engine:
    """A connection to a container engine. Must be closed. May be shared between threads.

    `is_remote` is set if the engine runs on another computer. `server` is the engine's processor.
    """

    def __init__(
        self, name: EngineName, client: EngineClient, endpoint: Endpoint, service: HostService | None = None
    ) -> None:
        self.name = name
        self.client = client
        self.url = endpoint.url
        self.is_remote = endpoint.is_remote
        self.server = _checked(name, client)
        self.pull_lock = threading.Lock()
        """Held during a pull, so that jobs that need the same image wait for one pull."""
        self.missing_images: dict[Image, ImageUnavailableError] = {}
        """Images that could not be pulled. They are not tried again in this run."""
        self._service = service

    def __str__(self) -> str:
        return f"{_title(self.name)} at {self.url}"

    def remove_leftovers(self, run_id: str) -> int:
        """Remove all containers of a run without raising errors, and return how many there were."""
        leftovers: tuple[LocalContainer, ...] = ()
        with suppress(CibwError, RefusedError):
            leftovers = self.client.containers(f"{LABEL}={run_id}")
        for container in leftovers:
            remove_surely(self.client, container.identity)
        return len(leftovers)

    def snapshot(self, container: str, reference: str, labels: Mapping[str, str]) -> str:
        """Create an image of a container and return its id. Raise EngineUnavailableError if that fails."""
        try:
            return self.client.commit(container, reference, labels)
        except RefusedError as refused:
            raise EngineUnavailableError(
                f"{self} could not save the container {container} as an image: {refused}",
                hint="Check the free disk space, or run one build at a time: --jobs 1.",
            ) from refused

    def remove_image(self, reference: str) -> None:
        """Remove an image without raising errors, because cleanup must not fail the run."""
        with suppress(CibwError, RefusedError):
            self.client.remove_image(reference)

    def close(self) -> None:
        """Close the connection, and stop the service if one was started for this run."""
        self.client.close()
        if self._service is not None:
            self._service.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(name: EngineName, environment: Mapping[str, str]) -> Engine:
    """Connect to Docker or Podman.

    Docker's address comes from DOCKER_HOST, the current context or the default socket. Podman's address comes from
    CONTAINER_HOST or the default sockets; otherwise a service is started for the run. Raises EngineUnavailableError
    if the engine is not available, EngineTooOldError if its API is older than 1.41, and ValueError for other names.
    """
    match name:
        case EngineName.DOCKER:
            return _docker(environment)
        case EngineName.PODMAN:
            return _podman(environment)
        case EngineName.AUTO | EngineName.HOST:
            raise ValueError(f"{name.value} is not a container engine")
        case _:
            assert_never(name)


def _docker(environment: Mapping[str, str]) -> Engine:
    endpoint = docker_endpoint(environment)
    fault = fault_of(endpoint)
    if "permission" in fault:
        raise _unavailable(EngineName.DOCKER, fault, "Add yourself to the group `docker`, or use rootless Docker,")
    if fault:
        raise _unavailable(EngineName.DOCKER, fault, f"Start Docker (tried {endpoint.origin}),")
    return _open(EngineName.DOCKER, endpoint, environment)


def _podman(environment: Mapping[str, str]) -> Engine:
    endpoints = podman_endpoints(environment)
    for endpoint in endpoints:
        if not fault_of(endpoint):
            return _open(EngineName.PODMAN, endpoint, environment)
    if endpoints[0].explicit:
        fault = f"{endpoints[0].origin}: {fault_of(endpoints[0])}"
        raise _unavailable(EngineName.PODMAN, fault, "Correct or unset CONTAINER_HOST, start the service,")
    program = podman_program(environment)
    if not program:
        raise _unavailable(EngineName.PODMAN, "the program `podman` is not installed", "Install it,")
    return _serve_podman(program, environment)


def _serve_podman(program: str, environment: Mapping[str, str]) -> Engine:
    try:
        service = start_podman_service(program, environment, _listens)
    except EngineUnavailableError as error:
        raise _unavailable(EngineName.PODMAN, error.message, "Check that `podman info` works,") from error
    endpoint = Endpoint(url=f"unix://{service.socket}", origin="a service for this run")
    try:
        return _open(EngineName.PODMAN, endpoint, environment, service)
    except BaseException:
        service.stop()
        raise


def _listens(socket: Path) -> bool:
    return not fault_of(Endpoint(url=f"unix://{socket}", origin=""))


def _open(
    name: EngineName, endpoint: Endpoint, environment: Mapping[str, str], service: HostService | None = None
) -> Engine:
    from cibw.running.container_sdk import open_client

    try:
        client = open_client(endpoint, environment)
    except EngineTooOldError as error:
        raise _too_old(name, error.message) from error
    except EngineUnavailableError as error:
        raise _unavailable(name, f"{endpoint.url}: {error.message}", "Start it or correct its address,") from error
    try:
        return Engine(name, client, endpoint, service)
    except BaseException:
        client.close()
        raise


def _checked(name: EngineName, client: EngineClient) -> ServerVersion:
    server = client.server()
    try:
        version = tuple(map(int, server.api.split(".")))
    except ValueError as error:
        raise _unavailable(
            name, f"its API version is {server.api!r}", "Check which program is listening there,"
        ) from error
    if version < OLDEST_API:
        raise _too_old(name, f"its API version is {server.api}")
    return server


def _too_old(name: EngineName, what: str) -> CibwError:
    oldest = ".".join(map(str, OLDEST_API))
    return EngineTooOldError(
        f"{_title(name)} is too old: {what}, but {oldest} or newer is required.",
        hint=f"Use Docker 20.10 or Podman 4 or newer, {_INSTEAD[name]}.",
    )


def _unavailable(name: EngineName, fault: str, first: str) -> EngineUnavailableError:
    return EngineUnavailableError(f"{_title(name)} is not available: {fault}.", hint=f"{first} {_INSTEAD[name]}.")


def _title(name: EngineName) -> str:
    return name.value.capitalize()
