"""The containers of a job: one from its image, others from the state that before-all left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from cibw.model.images import ContainerSpec
from cibw.model.template import Late
from cibw.running.bring_uv import bring_uv
from cibw.running.container import ContainerMachine
from cibw.running.container_connect import Engine
from cibw.running.container_open import Opening, open_container
from cibw.running.host import HostMachine
from cibw.running.host_session import HostSettings, find_uv
from cibw.running.opened import OpenMachine

_PROJECT = "/project"
_BINDINGS = {
    Late.PROJECT: _PROJECT,
    Late.SOURCE: "/tmp/cibw/source",  # noqa: S108  # in a container that is ours alone
    Late.RESOURCES: "/tmp/cibw/resources",  # noqa: S108
}
_UV_CACHE_VARIABLE = "UV_CACHE_DIR"
_UV_CACHE = "/tmp/cibw/uv-cache"  # noqa: S108
_WORK = "/tmp/cibw/work"  # noqa: S108


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSite:
    """Where the containers of a job come from; `description` tells a user.

    Containers of one `cache_name`, such as `musllinux_x86_64`, share a volume for what uv keeps.
    """

    engine: Engine
    spec: ContainerSpec
    opening: Opening
    host: HostSettings
    description: str
    cache_name: str

    @contextmanager
    def machine(self) -> Iterator[OpenMachine]:
        """A container with uv in it; ImageUnavailableError and others as `open_container`."""
        with ExitStack() as stack:
            container = stack.enter_context(open_container(self.engine, self._spec_with_cache(), self.opening))
            host = HostMachine(self.host.environment)
            uv = find_uv(self.host.environment.get("PATH", ""))
            bring_uv(container, host, uv, self.spec.image.oci_platform, self.host.cache_dir)
            snapshot = _Snapshot(self, container, stack)
            yield OpenMachine(
                machine=container,
                description=self.description,
                bindings=_BINDINGS,
                work_dir=_WORK,
                before_all_dir=_PROJECT,
                freeze=snapshot.take,
                fork=snapshot.machine,
                stop=container.close,
            )

    def _spec_with_cache(self) -> ContainerSpec:
        create = self.spec.engine.create
        chosen = dict(create.environment)
        if _UV_CACHE_VARIABLE in chosen:
            return self.spec
        # Another file system has no hard links into the cache, and uv would warn of that each time.
        environment = {_UV_CACHE_VARIABLE: _UV_CACHE, "UV_LINK_MODE": "copy", **chosen}
        volumes = (*create.volumes, f"cibw-uv-{self.cache_name}:{_UV_CACHE}")
        create = replace(create, environment=tuple(environment.items()), volumes=volumes)
        return replace(self.spec, engine=replace(self.spec.engine, create=create))


class _Snapshot:
    """The image of a container as before-all left it; removed with the container, or kept with it."""

    def __init__(self, site: ContainerSite, container: ContainerMachine, stack: ExitStack) -> None:
        self._site = site
        self._container = container
        self._stack = stack
        self._reference = f"cibw-snapshot:{container.name}"

    def take(self) -> None:
        """Make the image; InterruptedRunError where the container is closed meanwhile."""
        engine = self._site.engine
        if not self._site.opening.keep:
            # An engine that is asked may make the image though nobody hears of it.
            self._stack.callback(engine.remove_image, self._reference)
        with self._container.explained():
            engine.snapshot(self._container.name, self._reference)

    @contextmanager
    def machine(self) -> Iterator[OpenMachine]:
        """A container that starts from the image."""
        spec = self._site.spec
        image = replace(spec.image, reference=self._reference)
        with replace(self._site, spec=replace(spec, image=image)).machine() as opened:
            yield opened
