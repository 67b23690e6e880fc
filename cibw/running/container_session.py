"""Opens the containers of a job: the first from its image, the others from the state after before-all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cibw.errors import CibwError, EngineUnavailableError
from cibw.model.command import Request
from cibw.model.images import ContainerSpec
from cibw.model.layout import CERTIFICATES
from cibw.model.template import Late
from cibw.resources.certificates import certificate_file
from cibw.running.bring_uv import bring_uv
from cibw.running.container import ContainerMachine
from cibw.running.container_api import RefusedError
from cibw.running.container_connect import Engine
from cibw.running.container_create import CACHE_PLACE, LABEL
from cibw.running.container_loan import borrow
from cibw.running.container_open import Opening, find_image, open_container
from cibw.running.container_prepared import Preparation
from cibw.running.container_snapshot import Snapshot
from cibw.running.container_states import ContainerStates, StateSpec
from cibw.running.fetch_offline import OFFLINE_VARIABLES
from cibw.running.host import HostMachine
from cibw.running.host_session import ISOLATING_VARIABLES, RESOURCES_DIR, HostSettings, find_uv
from cibw.running.lent import ADVICE, NOTHING_LENT, STEADY, LentPrograms, image_compilers
from cibw.running.machine import Tree
from cibw.running.opened import Keeping, OpenMachine
from cibw.running.state_images import StateImage
from cibw.running.watch import ended_by

_PROJECT = "/project"
_CACHE = CACHE_PLACE
"""The volume with uv's cache, cached environments, and work directories, which may be large."""
_BINDINGS = {
    Late.PROJECT: _PROJECT,
    Late.SOURCE: "/tmp/cibw/source",  # noqa: S108  # in a container that is ours alone
    Late.RESOURCES: "/tmp/cibw/resources",  # noqa: S108
    Late.CACHE: _CACHE,
    Late.STEADY: STEADY,
}
_SCRIPTS = Tree(
    root=RESOURCES_DIR,
    files=("compiler_cache.sh", "compiler_launch.sh", "own_python.sh", "uv_build.sh", "uv_kept.sh", "uv_venv.sh"),
)
_BASE = "/tmp/cibw"  # noqa: S108
_WORK = f"{_BASE}/work"
_MEMORY = f"{_BASE}/memory"
"""Where uv_kept.sh unpacks small environments: in memory, because most disks are far slower at creating files."""
_OCCUPY = """
mkdir -p "$1" {steady} && ln -sfn "$1" "$2" || exit
find {cache}/work -mindepth 1 -maxdepth 1 -mmin +2880 -exec rm -rf {{}} + 2>/dev/null
find {cache}/environments -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {{}} + 2>/dev/null
ls {cache}/work
exit 0
"""
"""Compiler caches need a path that is the same in each run.

Removes leftovers of killed runs, and environments that were created long ago.
"""
_MISSING = 404
_CONTAINER_NAME = re.compile("cibw-[0-9a-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSite:
    """Creates the containers of a job. `description` is shown to the user. Programs in `lent` are mounted.

    `volume` is for tool caches and work directories; containers of other projects have other volumes. If `state` is
    set, later runs start from the state after before-all. With `prepared`, containers start from an image with the
    bytecode of its Pythons. With `certified`, they get the certificates that cibw trusts.
    """

    engine: Engine
    spec: ContainerSpec
    opening: Opening
    host: HostSettings
    description: str
    volume: str
    state: StateSpec | None = None
    lent: LentPrograms | None = None
    prepared: Preparation | None = None
    certified: bool = False

    @contextmanager
    def machine(self, image: str = "") -> Iterator[OpenMachine]:
        """Open a container that has uv. Raises the same errors as `open_container`.

        `image` replaces the specified image. It is a saved state of it.
        """
        with ExitStack() as stack:
            states = self._states() if not image else None
            container, found = self._container(image, states)
            stack.enter_context(container)
            loan = borrow(container, self.lent, self._cache) if self.lent else NOTHING_LENT
            if "PATH" not in loan.environment:
                self._bring_uv(container)
            container.put(_SCRIPTS, _BINDINGS[Late.RESOURCES])
            if self.certified:
                self._put_certificates(container)
            work_dir = self._work_dir(container, stack)
            snapshot = Snapshot(
                self.engine, container, states, None if self.opening.keep else stack, self.opening.labels
            )
            start = found.identity if found else ""
            yield OpenMachine(
                machine=container,
                description=", ".join(filter(None, (self.description, loan.description))),
                bindings=_BINDINGS,
                work_dir=work_dir,
                before_all_dir=_PROJECT,
                freeze=snapshot.take,
                fork=lambda: self.machine(snapshot.image or start),
                stop=container.close,
                keeping=self._keeping(found, snapshot, self.state) if states and self.state else None,
                environment={**loan.environment, **(OFFLINE_VARIABLES if self.opening.offline else {})},
                toolchain=loan.toolchain,
                advice=ADVICE,
                other_compilers=partial(image_compilers, toolchain=loan.toolchain) if loan.toolchain else None,
            )

    def _bring_uv(self, container: ContainerMachine) -> None:
        host = HostMachine(self.host.environment)
        uv = find_uv(self.host.environment.get("PATH", ""))
        with ended_by(self.opening.go_on, host.close):
            bring_uv(container, host, uv, self.spec.image.oci_platform, self.host.cache_dir)

    def _put_certificates(self, container: ContainerMachine) -> None:
        """Copy certificates for a pip whose bundled certificates are older than those of cibw."""
        with suppress(OSError):
            certificates = Path(certificate_file(self.host.environment)).read_bytes()
            container.put(certificates, CERTIFICATES.render(_BINDINGS))

    def _states(self) -> ContainerStates | None:
        """Return where states of before-all are saved, or None if they are not saved or the image has no id."""
        if self.state is None:
            return None
        image = find_image(self.engine, self.spec, self.opening)
        # Objects from different compilers may be incompatible.
        made_by = " with zig" if self.lent and self.lent.zig else ""
        return ContainerStates(self.engine, self.state, f"{image}{made_by}") if image.startswith("sha256:") else None

    def _container(self, image: str, states: ContainerStates | None) -> tuple[ContainerMachine, StateImage | None]:
        """Create a container, from a saved state if there is one."""
        spec = self._spec_with_cache()
        found = states.find() if states else None
        if found is not None:
            container = self._from_kept(spec, found.identity)
            if container is not None:
                return container, found
        if not image and self.prepared is not None:
            image = find_image(self.engine, self.spec, self.opening)
            prepared = self.prepared.image_for(self.engine, self.spec, self.opening, image)
            container = self._from_kept(spec, prepared) if prepared else None
            if container is not None:
                return container, None
        return open_container(self.engine, spec, self.opening, image), None

    def _from_kept(self, spec: ContainerSpec, image: str) -> ContainerMachine | None:
        """Create a container from a saved image, or return None if another run has removed the image."""
        try:
            return open_container(self.engine, spec, self.opening, image)
        except EngineUnavailableError as error:
            if not isinstance(error.__cause__, RefusedError) or error.__cause__.status != _MISSING:
                raise
        return None

    def _keeping(self, found: StateImage | None, snapshot: Snapshot, state: StateSpec) -> Keeping:
        return Keeping(
            files=state.files,
            has_changed=state.has_changed,
            start=str(found or ""),
            anew=replace(self, state=replace(state, is_wanted=False)).machine,
            keep=snapshot.keep,
        )

    @property
    def _shares_cache(self) -> bool:
        """Return whether the container uses the volume.

        A new volume belongs to root, so another user cannot write to it.
        """
        return not self.spec.engine.create.user

    @property
    def _cache(self) -> str:
        return _CACHE if self._shares_cache else _BASE

    def _spec_with_cache(self) -> ContainerSpec:
        create = self.spec.engine.create
        environment = {**ISOLATING_VARIABLES, **dict(create.environment)}
        if self._shares_cache:
            environment = {"UV_CACHE_DIR": f"{_CACHE}/uv", **environment}
            own = () if _mounts_cache(create.volumes) else (f"{self.volume}:{_CACHE}",)
            create = replace(create, volumes=(*create.volumes, *own), tmpfs=(*create.tmpfs, f"{_MEMORY}:exec"))
        create = replace(create, environment=tuple(environment.items()))
        return replace(self.spec, engine=replace(self.spec.engine, create=create))

    def _work_dir(self, container: ContainerMachine, stack: ExitStack) -> str:
        if not self._shares_cache:
            return _WORK
        path = f"{_CACHE}/work/{container.name}"
        stack.callback(_quietly, lambda: container.remove(path))
        argv = ("sh", "-c", _OCCUPY.format(cache=_CACHE, steady=STEADY), "sh", path, _WORK)
        lines: list[str] = []
        request = Request(argv=argv, cwd="/", environment=container.environment())
        if container.run(request, lambda text, _is_error: lines.append(text)).exit_code != 0:
            raise CibwError(f"Could not create the working directories in the container: {'; '.join(lines)}")
        if not _mounts_cache(self.spec.engine.create.volumes):
            self._remove_dead_work(container, {line for line in lines if _CONTAINER_NAME.fullmatch(line)})
        return _WORK

    def _remove_dead_work(self, container: ContainerMachine, names: set[str]) -> None:
        """Remove the work directories of containers that no longer exist. Each has the name of its container.

        Only this engine has the volume, so it lists all containers that use it.
        """
        if names == {container.name}:
            return
        # Query the engine after reading the names, because a container is created before its directory.
        with suppress(RefusedError):
            alive = {one.name for one in self.engine.client.containers(LABEL)}
            for name in sorted(names - alive - {container.name}):
                container.remove(f"{_CACHE}/work/{name}")


def _mounts_cache(volumes: Iterable[str]) -> bool:
    """Return whether the user mounts another volume or directory as the cache."""
    return any(f":{_CACHE}:" in f":{volume}:" for volume in volumes)


def _quietly(action: Callable[[], None]) -> None:
    with suppress(CibwError):
        action()
