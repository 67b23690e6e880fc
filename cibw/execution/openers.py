"""Open the machine of each job: a container, or the host."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import Self

from cibw.errors import CibwError
from cibw.execution.container.client import RefusedError
from cibw.execution.container.connection import ContainerSettings, Engine, connect
from cibw.execution.container.emulation import Emulation, Processor, check_emulation, is_foreign, oci_platform_of
from cibw.execution.container.images import local_image, peek_image
from cibw.execution.container.session import ContainerFactory, mount_programs
from cibw.execution.container.snapshots import LiveRuns, Preparation, remove_dead_runs
from cibw.execution.container.states import StateSpec, Volume, VolumeRecords, remove_volumes, volume_name
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.session import HostSettings, host_place, open_host
from cibw.execution.machine import MachineSession
from cibw.execution.toolchain import MountedPrograms
from cibw.model.events import Event, Progress
from cibw.model.machines import ContainerSpec, EngineName
from cibw.model.plan import Job
from cibw.model.templates import CERTIFICATES


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSettings:
    """The settings of machines; `keep_containers` keeps them after the run for debugging.

    `project` is the path of the project on this computer, `cache_project` its name in the volumes of engines.
    `runs_32bit` says whether the processor also runs 32-bit programs. `state` returns the key by which the result of
    a job's before-all is kept, if it is kept. `prepared` returns the prepared images that a job may use. With
    `offline`, no image is pulled, and containers have no network.
    """

    host: HostSettings
    project: Path
    cache_project: str
    emit: Callable[[Event], None]
    keep_containers: bool = False
    runs_32bit: bool = False
    offline: bool = False
    state: Callable[[Job], StateSpec | None] = lambda _job: None
    prepared: Callable[[Job], Preparation | None] = lambda _job: None

    @property
    def environment(self) -> Mapping[str, str]:
        """The user's environment."""
        return self.host.environment


class Machines:
    """Opens machines for jobs, from any thread; connections to engines stay open until the context ends."""

    def __init__(self, settings: MachineSettings) -> None:
        self._settings = settings
        self._engines: dict[EngineName, Engine] = {}
        self._images: dict[ContainerSpec, str] = {}
        self._stack = ExitStack()
        self._place: Path | None = None
        self._connecting = threading.Lock()
        self._run_id = uuid.uuid4().hex[:8]
        self._runs: LiveRuns | None = None
        self._records = VolumeRecords(settings.host.cache_dir)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with self._stack:
            for engine in self._engines.values():
                self._remove_leftovers(engine)
                remove_volumes(engine, self._records.unused(), self._records)

    def open(self, job: Job, check_cancelled: Callable[[], None]) -> AbstractContextManager[MachineSession]:
        """The machine of a job for the duration of the context; an error of `check_cancelled` cancels a long pull."""
        if isinstance(job.machine, ContainerSpec):
            return self._container(job, job.machine, check_cancelled)
        return open_host(job.machine, self._settings.host, self._host_place())

    def image_identity(self, spec: ContainerSpec) -> str:
        """The identity of a container's image; empty if the engine does not have the image."""
        if spec not in self._images:
            host = HostMachine(self._settings.environment)
            found = peek_image(spec.engine.name, spec.image, host) or self._asked(spec)
            if not found:
                return ""
            # Podman's command line omits the prefix that its API has.
            self._images[spec] = found.removeprefix("sha256:")
        return self._images[spec]

    def has_image(self, spec: ContainerSpec) -> bool:
        """Whether the engine has the image of a container; EngineUnavailableError without an engine."""
        return local_image(self._engine(spec.engine.name).client.image, spec.image) is not None

    def _asked(self, spec: ContainerSpec) -> str:
        # If the engine does not respond, creating a container reports the error to the user.
        with suppress(CibwError, RefusedError):
            found = local_image(self._engine(spec.engine.name).client.image, spec.image)
            return found.identity if found else ""
        return ""

    def _container(
        self, job: Job, spec: ContainerSpec, check_cancelled: Callable[[], None]
    ) -> AbstractContextManager[MachineSession]:
        engine = self._engine(spec.engine.name)
        how, mounted = self._emulation(engine, spec, check_cancelled)
        opening = ContainerSettings(
            run_id=self._run_id,
            owner=self._runs.identity if self._runs else "",
            image_option=f"{job.builds[0].identifier.target}-image".replace("_", "-", 1),
            keep=self._settings.keep_containers,
            offline=self._settings.offline,
            volumes=mounted.volumes if mounted else (),
            check_cancelled=check_cancelled,
            progress=lambda text: self._settings.emit(Progress(job=job.name, text=text)),
        )
        factory = ContainerFactory(
            engine=engine,
            spec=spec,
            opening=opening,
            host=self._settings.host,
            volume=self._volume(engine, str(job.builds[0].identifier.target)),
            description=f"{engine}, image {spec.image.reference}{how}",
            state=self._settings.state(job),
            mounted=mounted,
            prepared=self._settings.prepared(job),
            certified=any(str(CERTIFICATES) in str(one) for build in job.builds for one in build.environment),
        )
        return factory.machine()

    def _volume(self, engine: Engine, target: str) -> str:
        project = self._settings.cache_project
        name = volume_name(target, project, self._settings.host.cache_dir)
        self._records.note_use(Volume(name=name, engine=engine.name, project=project))
        return name

    def _host_place(self) -> Path:
        with self._connecting:
            if self._place is None:
                self._place = self._stack.enter_context(host_place(str(self._settings.project)))
            return self._place

    def _remove_leftovers(self, engine: Engine) -> None:
        if not self._settings.keep_containers:
            engine.remove_leftovers(self._run_id)

    def _engine(self, name: EngineName) -> Engine:
        with self._connecting:
            if name not in self._engines:
                self._enter_run()
                engine = self._stack.enter_context(connect(name, self._settings.environment))
                self._engines[name] = engine
                self._remove_dead(engine)
            return self._engines[name]

    def _enter_run(self) -> None:
        if self._runs is None:
            runs = LiveRuns.open()
            # Without a lock, other runs would treat this run as dead.
            with suppress(OSError):
                if runs is not None:
                    self._stack.enter_context(runs.entered(self._run_id))
                    self._runs = runs

    def _remove_dead(self, engine: Engine) -> None:
        """Remove leftovers of dead runs in the background."""
        if self._runs is not None:
            thread = threading.Thread(target=remove_dead_runs, args=(engine.client, self._runs))
            thread.start()
            self._stack.callback(thread.join)

    def _emulation(
        self, engine: Engine, spec: ContainerSpec, check_cancelled: Callable[[], None]
    ) -> tuple[str, MountedPrograms | None]:
        """How the programs of a container run, as text for the user, and the programs mounted for emulation."""
        platform = spec.image.oci_platform
        processor = Processor(machine=engine.server.architecture, runs_32bit=self._settings.runs_32bit)
        if engine.is_remote:
            return ", emulated there, with the image's compilers" * is_foreign(processor, platform), None
        if check_emulation(processor, platform) is Emulation.NATIVE:
            return "", None
        return ", emulated", mount_programs(
            spec, self._settings.host, oci_platform_of(processor), check_cancelled=check_cancelled
        )
