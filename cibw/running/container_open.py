"""Creates a container for a job."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cibw.errors import ConfigurationError, EngineUnavailableError, ImageUnavailableError
from cibw.model.images import ContainerSpec
from cibw.running.container import ContainerMachine
from cibw.running.container_api import Creation, EngineClient, RefusedError
from cibw.running.container_connect import Engine
from cibw.running.container_create import Place, creation, own_labels
from cibw.running.container_handle import Handle, remove_surely
from cibw.running.container_images import Pulling, always, ensure_image, ignore
from cibw.running.fetch_offline import without_network

_SECCOMP = "seccomp="
_MADE_MEANWHILE = "volume already exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Settings that a run adds to a container's specification.

    `run_id` marks its containers, and `owner` identifies the set of runs that it belongs to. `image_option` names
    the option that set the image, for messages. `volumes` have the form `SOURCE:TARGET[:MODE]`. With `keep`,
    closing does not remove the container. A pull is tried `attempts` times. `progress` receives messages about
    pulls and kept containers. `go_on` raises an error to cancel a pull. With `offline`, containers use local images
    only and have no network.
    """

    run_id: str
    owner: str = ""
    image_option: str = ""
    volumes: tuple[str, ...] = ()
    keep: bool = False
    attempts: int = 5
    offline: bool = False
    progress: Callable[[str], None] = ignore
    go_on: Callable[[], None] = always

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels for everything that the run creates in an engine."""
        return own_labels(self.run_id, "" if self.keep else self.owner)


def open_container(engine: Engine, spec: ContainerSpec, opening: Opening, image: str = "") -> ContainerMachine:
    """Create and start a container. If anything fails, no container is left behind.

    `image` is the id of an image to use in place of the specified one. Raises ImageUnavailableError if the image is
    neither local nor can be pulled, ConfigurationError for invalid create options, and EngineUnavailableError if
    the engine refuses to create the container.
    """
    image = image or find_image(engine, spec, opening)
    name = f"cibw-{opening.run_id}-{uuid.uuid4().hex[:8]}"
    place = Place(
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
        handle = Handle(engine.client, name, prefix=prefix, keep=opening.keep, memory=planned.memory or 0)
        return ContainerMachine(handle, variables=planned.environment)
    except BaseException:
        remove_surely(engine.client, name)
        raise


def find_image(engine: Engine, spec: ContainerSpec, opening: Opening) -> str:
    """Return the image to create containers from: its id, or its name if the id is unknown.

    It is pulled if it is missing. Raises ImageUnavailableError if that fails.
    """
    pulling = Pulling(
        progress=opening.progress,
        option=opening.image_option,
        attempts=opening.attempts,
        offline=opening.offline,
        go_on=opening.go_on,
    )
    with engine.pull_lock:
        if spec.image in engine.missing_images:
            raise engine.missing_images[spec.image]
        try:
            return ensure_image(engine.client, spec.image, pulling)
        except ImageUnavailableError as error:
            engine.missing_images[spec.image] = error
            raise


def _start(engine: Engine, planned: Creation) -> None:
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


def _create(client: EngineClient, planned: Creation, attempts: int) -> None:
    try:
        client.create(planned)
    except RefusedError as refused:
        # Podman looks up a named volume and then creates it. If another run creates it in between, Podman reports an
        # error.
        if not attempts or _MADE_MEANWHILE not in refused.message:
            raise
        _create(client, planned, attempts - 1)


def _with_profiles(planned: Creation) -> Creation:
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
