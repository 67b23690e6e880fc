"""Making a container for a job."""

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
    """What a run adds to a container's specification.

    `run_id` marks its containers, and `owner` tells the runs that it belongs to; `image_option` names the option that
    set the image, for messages; `volumes` are `SOURCE:TARGET[:MODE]`; with `keep` closing leaves the container; a pull
    is tried `attempts` times; `progress` hears of pulls and of containers that are kept; `go_on` raises an error to
    break off a pull. `offline` containers are of images that are here, and reach no other computer.
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
        """The labels of what the run makes in an engine."""
        return own_labels(self.run_id, "" if self.keep else self.owner)


def open_container(engine: Engine, spec: ContainerSpec, opening: Opening, image: str = "") -> ContainerMachine:
    """Create and start a container; whatever goes wrong, none is left.

    `image` is the identity of one that stands for the image of the specification.
    ImageUnavailableError for an image that is neither here nor to be pulled, ConfigurationError for
    create options that can't be read, EngineUnavailableError where the engine refuses to make it.
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
        # An engine tells everyone of the variables of a container, and keeps them in an image that is made of it.
        _start(engine, replace(_with_profiles(planned), environment={}))
        handle = Handle(engine.client, name, prefix=prefix, keep=opening.keep, memory=planned.memory or 0)
        return ContainerMachine(handle, variables=planned.environment)
    except BaseException:
        remove_surely(engine.client, name)
        raise


def find_image(engine: Engine, spec: ContainerSpec, opening: Opening) -> str:
    """What to create containers from: the image's identity, or its name where no identity is known.

    It is pulled where it is missing; ImageUnavailableError where that fails.
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
            # Before it starts, so that none runs that would not end with this process.
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
        # Podman looks for a named volume and then makes it. If another run makes it in between, Podman refuses.
        if not attempts or _MADE_MEANWHILE not in refused.message:
            raise
        _create(client, planned, attempts - 1)


def _with_profiles(planned: Creation) -> Creation:
    """The API wants the text of a seccomp profile where a command line gives its file."""
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
