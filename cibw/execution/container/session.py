"""A container for a job: toolchain, uv, caches and snapshots."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cibw.errors import CibwError, EngineUnavailableError, MissingToolError
from cibw.execution.container.client import RefusedError
from cibw.execution.container.connection import ContainerSettings, Engine, find_image, open_container
from cibw.execution.container.create import CACHE_PLACE, LABEL
from cibw.execution.container.images import always
from cibw.execution.container.machine import ContainerMachine
from cibw.execution.container.snapshots import Preparation, Snapshot
from cibw.execution.container.states import ContainerStates, StateImage, StateSpec
from cibw.execution.fetch.download import OFFLINE_VARIABLES
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.session import ISOLATING_VARIABLES, RESOURCES_DIR, HostSettings, find_uv
from cibw.execution.machine import Machine, MachineSession, SnapshotPolicy, Tree, ended_by
from cibw.execution.store.cache import Notice, ignore, remove_damaged, seal_tree
from cibw.execution.toolchain import (
    ADVICE,
    NO_TOOLCHAIN,
    PLACE,
    STEADY,
    MountedPrograms,
    MountedToolchain,
    ZigSettings,
    container_settings,
    image_compilers,
    library_folders,
    refusal,
    toolchain_variables,
)
from cibw.execution.zig import find_zig, lay_compilers, misses_copies, zig_compiler
from cibw.model.machines import ContainerSpec, EmulationToolchain
from cibw.model.templates import CERTIFICATES, CommandRequest, Placeholder
from cibw.resources.certificates import certificate_file

# Installs uv in a container that does not have it.

_TRIPLES = {
    "linux/amd64": "x86_64-unknown-linux-musl",
    "linux/arm64": "aarch64-unknown-linux-musl",
    "linux/riscv64": "riscv64-unknown-linux",
}
"""The platforms that uv's `--python-platform` supports."""
_PLACE = "/usr/local/bin/uv"
_HINT = "Use an image that contains uv, such as a manylinux or musllinux image."


def bring_uv(machine: Machine, host: Machine, uv: str, oci_platform: str, cache_dir: Path) -> None:
    """Copy uv from its wheel for the container's platform into the container, unless uv is already installed.

    The musl wheel contains a static program, which runs with any libc. It is cached between runs. Raises
    MissingToolError if uv cannot be installed.
    """
    look = CommandRequest(argv=("sh", "-c", "command -v uv"), cwd="/", environment=machine.environment())
    if machine.run(look, _ignore).exit_code == 0:
        return
    machine.put(static_uv(host, uv, oci_platform, cache_dir), _PLACE)


def static_uv(host: Machine, uv: str, oci_platform: str, cache_dir: Path, notice: Notice = ignore) -> Path:
    """Return the path of a static uv program for a platform, which is cached.

    Raise MissingToolError if there is none.
    """
    if oci_platform not in _TRIPLES:
        raise MissingToolError(
            f"The image does not contain uv, and there is no uv wheel for {oci_platform}.", hint=_HINT
        )
    from filelock import FileLock

    triple = _TRIPLES[oci_platform]
    directory = cache_dir / "uv" / triple
    directory.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{directory}.lock"):
        if not remove_damaged(directory, notice):
            _fetch(host, uv, triple, directory)
            seal_tree(directory)
    return directory / "bin" / "uv"


def _fetch(host: Machine, uv: str, triple: str, directory: Path) -> None:
    command = ("pip", "install", "--quiet", "--no-deps", "--target", str(directory), "--python-platform", triple, "uv")
    lines: list[str] = []
    request = CommandRequest(argv=(uv, *command), cwd="/", environment=host.environment())
    outcome = host.run(request, lambda text, _is_error: lines.append(text))
    if outcome.exit_code != 0:
        raise MissingToolError(
            f"The image does not contain uv, and installing the uv wheel for {triple} failed: {' '.join(lines[-3:])}",
            hint=f"{_HINT} Or {_way_out(request.environment)}.",
        )


def _way_out(environment: Mapping[str, str]) -> str:
    return "run once with network access" if environment.get("UV_OFFLINE") else "check the network connection"


def _ignore(_text: str, _is_error: bool) -> None:
    pass


# Mounts programs of this computer in containers of a foreign architecture.

_LOOK = f"""
{PLACE}/zig/zig version >/dev/null 2>&1 && echo zig
{PLACE}/bin/uv --version >/dev/null 2>&1 && echo uv
for folder; do [ -d "$folder" ] && echo "$folder"; done
exit 0
"""


def mount_programs(
    spec: ContainerSpec,
    settings: HostSettings,
    server_platform: str,
    *,
    package: str = "ziglang",
    check_cancelled: Callable[[], None] = always,
) -> MountedPrograms:
    """Find the programs that can be mounted in containers.

    `server_platform` is that of the engine, such as `linux/amd64`. An error raised by `check_cancelled` cancels waiting
    for uv.
    """
    cache = settings.cache_dir
    zig, reason = _zig(spec, package)
    with closing(HostMachine(settings.environment)) as machine, ended_by(check_cancelled, machine.close):
        uv = _uv(machine, settings, server_platform)

    def lay(chosen: ZigSettings) -> Path:
        program = find_zig(package)
        with closing(HostMachine(settings.environment)) as machine:
            fitting = replace(chosen, stands_in=misses_copies(package))
            return lay_compilers(
                cache / "toolchains", fitting, zig_compiler(machine, program, cache / "zig"), settings.notice
            )

    (cache / "toolchains").mkdir(parents=True, exist_ok=True)
    (cache / "zig").mkdir(parents=True, exist_ok=True)
    # A colon ends the source of a mount.
    if any(":" in str(path) for path in (zig, uv, cache)):
        zig, uv, reason = None, None, reason or "because a path of zig or of the cache contains a colon"
    return MountedPrograms(toolchains=cache / "toolchains", lay=lay, zig=zig, uv=uv, reason=reason)


def mount_toolchain(container: Machine, mounted: MountedPrograms, cache: str) -> MountedToolchain:
    """Check which mounted programs run in the container, and prepare its compilers. `cache` is a directory in it."""
    environment = container.environment()
    reason = mounted.reason or refusal(environment)
    tag = environment.get("AUDITWHEEL_PLAT", "")
    found = _look(container, () if reason else library_folders(tag))
    path = {"PATH": f"{PLACE}/bin:{environment.get('PATH', '')}"} if "uv" in found else {}
    if not reason and "zig" not in found:
        reason = "because zig does not run in the container"
    if reason:
        return MountedToolchain(description=f"compilers: from the image, {reason}", environment=path)
    folders = tuple(line for line in found if line.startswith("/"))
    directory = mounted.lay(container_settings(tag, folders)).name
    toolchain = toolchain_variables(directory, tag, cache)
    return MountedToolchain(
        description="compilers: zig, running natively", environment={**path, **toolchain}, toolchain=toolchain
    )


def _zig(spec: ContainerSpec, package: str) -> tuple[Path | None, str]:
    if spec.emulation_toolchain is EmulationToolchain.IMAGE:
        return None, "as set by emulation-toolchain"
    try:
        return find_zig(package), ""
    except MissingToolError:
        return None, "because ziglang is not installed; `pip install 'cibw[host]'` makes this several times faster"


def _uv(machine: Machine, settings: HostSettings, server_platform: str) -> Path | None:
    try:
        uv = find_uv(settings.environment.get("PATH", ""))
        return static_uv(machine, uv, server_platform, settings.cache_dir, settings.notice)
    except MissingToolError:
        # The image's own uv works as well, but is slower.
        return None


def _look(container: Machine, folders: tuple[str, ...]) -> tuple[str, ...]:
    argv = ("sh", "-c", _LOOK, "sh", *folders)
    request = CommandRequest(argv=argv, cwd="/", environment=container.environment())
    return tuple(container.run(request, lambda _text, _is_error: None).stdout.splitlines())


# Opens the containers of a job: the first from its image, the others from the state after before-all.

_PROJECT = "/project"
_CACHE = CACHE_PLACE
"""The volume with uv's cache, cached environments, and work directories, which may be large."""
_BINDINGS = {
    Placeholder.PROJECT: _PROJECT,
    Placeholder.SOURCE: "/tmp/cibw/source",  # noqa: S108  # in a container that is ours alone
    Placeholder.RESOURCES: "/tmp/cibw/resources",  # noqa: S108
    Placeholder.CACHE: _CACHE,
    Placeholder.STEADY: STEADY,
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
class ContainerFactory:
    """Creates the containers of a job. `description` is shown to the user. Programs in `mounted` are mounted.

    `volume` is for tool caches and work directories; containers of other projects have other volumes. If `state` is
    set, later runs start from the state after before-all. With `prepared`, containers start from an image with the
    bytecode of its Pythons. With `certified`, they get the certificates that cibw trusts.
    """

    engine: Engine
    spec: ContainerSpec
    opening: ContainerSettings
    host: HostSettings
    description: str
    volume: str
    state: StateSpec | None = None
    mounted: MountedPrograms | None = None
    prepared: Preparation | None = None
    certified: bool = False

    @contextmanager
    def machine(self, image: str = "") -> Iterator[MachineSession]:
        """Open a container that has uv. Raises the same errors as `open_container`.

        `image` replaces the specified image. It is a saved state of it.
        """
        with ExitStack() as stack:
            states = self._states() if not image else None
            container, found = self._container(image, states)
            stack.enter_context(container)
            mounted_toolchain = mount_toolchain(container, self.mounted, self._cache) if self.mounted else NO_TOOLCHAIN
            if "PATH" not in mounted_toolchain.environment:
                self._bring_uv(container)
            container.put(_SCRIPTS, _BINDINGS[Placeholder.RESOURCES])
            if self.certified:
                self._put_certificates(container)
            work_dir = self._work_dir(container, stack)
            snapshot = Snapshot(
                self.engine, container, states, None if self.opening.keep else stack, self.opening.labels
            )
            start = found.identity if found else ""
            yield MachineSession(
                machine=container,
                description=", ".join(filter(None, (self.description, mounted_toolchain.description))),
                bindings=_BINDINGS,
                work_dir=work_dir,
                before_all_dir=_PROJECT,
                freeze=snapshot.take,
                fork=lambda: self.machine(snapshot.image or start),
                stop=container.close,
                snapshot_policy=self._snapshot_policy(found, snapshot, self.state) if states and self.state else None,
                environment={**mounted_toolchain.environment, **(OFFLINE_VARIABLES if self.opening.offline else {})},
                toolchain=mounted_toolchain.toolchain,
                advice=ADVICE,
                other_compilers=partial(image_compilers, toolchain=mounted_toolchain.toolchain)
                if mounted_toolchain.toolchain
                else None,
            )

    def _bring_uv(self, container: ContainerMachine) -> None:
        host = HostMachine(self.host.environment)
        uv = find_uv(self.host.environment.get("PATH", ""))
        with ended_by(self.opening.check_cancelled, host.close):
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
        made_by = " with zig" if self.mounted and self.mounted.zig else ""
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

    def _snapshot_policy(self, found: StateImage | None, snapshot: Snapshot, state: StateSpec) -> SnapshotPolicy:
        return SnapshotPolicy(
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
        request = CommandRequest(argv=argv, cwd="/", environment=container.environment())
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
