"""Connects to a container engine and opens containers."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from cibw.errors import (
    CibwError,
    ConfigurationError,
    EngineTooOldError,
    EngineUnavailableError,
    ImageUnavailableError,
    assert_never,
)
from cibw.execution.container.client import (
    ContainerCreation,
    ContainerHandle,
    EngineClient,
    LocalContainer,
    RefusedError,
    ServerVersion,
    remove_surely,
)
from cibw.execution.container.create import LABEL, ContainerContext, creation, own_labels
from cibw.execution.container.endpoints import Endpoint, docker_endpoint, fault_of, podman_endpoints, podman_program
from cibw.execution.container.images import PullSettings, always, ensure_image, ignore
from cibw.execution.container.machine import ContainerMachine
from cibw.execution.fetch.download import without_network
from cibw.execution.files import scratch_directory, temporary_directory
from cibw.execution.host.processes import GUARD
from cibw.model.machines import ContainerSpec, EngineName, Image

# A program that listens on a private socket for the duration of a run.

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_PAUSE = 0.02
_IDLE_SECONDS = 600
"""An open connection counts as activity, and each container has one.

The limit is for a service whose guard was killed, too.
"""
_LONGEST_PARENT = 60
"""A socket path may have 104 bytes on some systems, and `/cibw-4294967295/service-12345678/s.sock` is appended."""


class HostService:
    """A running service. `socket` is its socket. Must be stopped, even after an error."""

    def __init__(self, process: subprocess.Popen[bytes], socket: Path, stack: ExitStack) -> None:
        self.socket = socket
        self._process = process
        self._stack = stack

    @property
    def pid(self) -> int:
        """The id of the service's process."""
        return self._process.pid

    def stop(self) -> None:
        """Stop the service and remove its directory. Further calls do nothing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        GUARD.end(self._process.pid)
        self._stack.close()


def start_podman_service(program: str, environment: Mapping[str, str], listens: Callable[[Path], bool]) -> HostService:
    """Start Podman's API on a private socket.

    Raise EngineUnavailableError with Podman's output if it exits immediately.
    """
    return start_service(
        lambda socket: [program, "system", "service", f"--time={_IDLE_SECONDS}", f"unix://{socket}"],
        environment,
        listens,
    )


def start_service(
    argv: Callable[[Path], Sequence[str]], environment: Mapping[str, str], listens: Callable[[Path], bool]
) -> HostService:
    """Start the program that `argv` returns for a socket, and wait until it is listening.

    It gets its own session, because a Ctrl-C in the terminal must not stop it before its containers are removed.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory("service", _parent()))
        socket = directory / "s.sock"
        log = directory / "log"
        process = _started(list(argv(socket)), environment, log)
        service = HostService(process, socket, stack.pop_all())
    try:
        _wait(process, log, lambda: listens(socket))
    except BaseException:
        service.stop()
        raise
    return service


def _started(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    try:
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise EngineUnavailableError(f"{command[0]} cannot be started: {error}") from error
    GUARD.begin(process.pid, is_service=True)
    return process


def _parent() -> Path:
    """Return a directory for temporary files whose path is short enough for a socket in it."""
    parent = temporary_directory()
    return parent if len(str(parent)) < _LONGEST_PARENT else Path("/tmp")  # noqa: S108  # what is made there is ours


def _wait(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        words = log.read_text("utf-8", "replace").strip().splitlines()
        shown = f": {words[-1]}" if words else ""
        if process.poll() is not None:
            raise EngineUnavailableError(f"The service ended with exit code {process.returncode}{shown}")
        if time.monotonic() > deadline:
            raise EngineUnavailableError(f"The service is not listening after {_START_SECONDS:.0f} s{shown}")
        time.sleep(_PAUSE)


# Connecting to Docker or Podman.

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
    from cibw.execution.container.sdk import open_client

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


# Creates a container for a job.

_SECCOMP = "seccomp="
_MADE_MEANWHILE = "volume already exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSettings:
    """Settings that a run adds to a container's specification.

    `run_id` marks its containers, and `owner` identifies the set of runs that it belongs to. `image_option` names the
    option that set the image, for messages. `volumes` have the form `SOURCE:TARGET[:MODE]`. With `keep`, closing does
    not remove the container. A pull is tried `attempts` times. `progress` receives messages about pulls and kept
    containers. `check_cancelled` raises an error to cancel a pull. With `offline`, containers use local images only and
    have no network.
    """

    run_id: str
    owner: str = ""
    image_option: str = ""
    volumes: tuple[str, ...] = ()
    keep: bool = False
    attempts: int = 5
    offline: bool = False
    progress: Callable[[str], None] = ignore
    check_cancelled: Callable[[], None] = always

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels for everything that the run creates in an engine."""
        return own_labels(self.run_id, "" if self.keep else self.owner)


def open_container(
    engine: Engine, spec: ContainerSpec, opening: ContainerSettings, image: str = ""
) -> ContainerMachine:
    """Create and start a container. If anything fails, no container is left behind.

    `image` is the id of an image to use in place of the specified one. Raises ImageUnavailableError if the image is
    neither local nor can be pulled, ConfigurationError for invalid create options, and EngineUnavailableError if
    the engine refuses to create the container.
    """
    image = image or find_image(engine, spec, opening)
    name = f"cibw-{opening.run_id}-{uuid.uuid4().hex[:8]}"
    place = ContainerContext(
        name=name,
        run_id=opening.run_id,
        image=image,
        cwd=str(Path.cwd()),
        volumes=() if engine.is_remote else opening.volumes,
        mount_host=not engine.is_remote,
        owner=opening.owner,
        keep=opening.keep,
    )
    planned = creation(without_network(spec) if opening.offline else spec, place)
    prefix = ("linux32",) if spec.linux32 else ()
    if opening.keep:
        opening.progress(f"the container {name} will be kept")
    try:
        # An engine shows the variables of a container to everyone, and stores them in images created from it.
        _start(engine, replace(_with_profiles(planned), environment={}))
        handle = ContainerHandle(engine.client, name, prefix=prefix, keep=opening.keep, memory=planned.memory or 0)
        return ContainerMachine(handle, variables=planned.environment)
    except BaseException:
        remove_surely(engine.client, name)
        raise


def find_image(engine: Engine, spec: ContainerSpec, opening: ContainerSettings) -> str:
    """Return the image to create containers from: its id, or its name if the id is unknown.

    It is pulled if it is missing. Raises ImageUnavailableError if that fails.
    """
    pulling = PullSettings(
        progress=opening.progress,
        option=opening.image_option,
        attempts=opening.attempts,
        offline=opening.offline,
        check_cancelled=opening.check_cancelled,
    )
    with engine.pull_lock:
        if spec.image in engine.missing_images:
            raise engine.missing_images[spec.image]
        try:
            return ensure_image(engine.client, spec.image, pulling)
        except ImageUnavailableError as error:
            engine.missing_images[spec.image] = error
            raise


def _start(engine: Engine, planned: ContainerCreation) -> None:
    try:
        _create(engine.client, planned, attempts=len(planned.volumes))
        if planned.attached:
            # Attach before the start, so that no container outlives this process.
            engine.client.attach(planned.name)
        engine.client.start(planned.name)
    except RefusedError as refused:
        raise EngineUnavailableError(
            f"{engine} refused to start a container: {refused.message}",
            hint="Check the create-args of the container-engine option, and that the engine works.",
        ) from refused


def _create(client: EngineClient, planned: ContainerCreation, attempts: int) -> None:
    try:
        client.create(planned)
    except RefusedError as refused:
        # Podman looks up a named volume and then creates it. If another run creates it in between, Podman reports an
        # error.
        if not attempts or _MADE_MEANWHILE not in refused.message:
            raise
        _create(client, planned, attempts - 1)


def _with_profiles(planned: ContainerCreation) -> ContainerCreation:
    """Replace seccomp profile files by their contents, which the API requires."""
    return replace(planned, security_opt=tuple(map(_profile, planned.security_opt)))


def _profile(option: str) -> str:
    path = option.removeprefix(_SECCOMP)
    if path == option or path in {"unconfined", "builtin"}:
        return option
    try:
        return _SECCOMP + Path(path).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"container-engine: --security-opt {option} names a file that cannot be read: {error}",
            hint="Correct the create-args of the container-engine option.",
        ) from error
