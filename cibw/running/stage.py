"""The machines of one job. The first is prepared, the others start from its state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cibw.errors import CibwError, EngineUnavailableError, InterruptedRunError
from cibw.model.events import Event, JobStarted, Progress
from cibw.model.images import ContainerSpec
from cibw.model.plan import Job
from cibw.model.template import Late
from cibw.running.before_all import BeforeAll
from cibw.running.image_interpreters import require_interpreters
from cibw.running.machine import Tree
from cibw.running.opened import Keeping, OpenMachine

_JOB_VARIABLES = ("CMAKE_BUILD_PARALLEL_LEVEL", "CARGO_BUILD_JOBS", "NPY_NUM_BUILD_JOBS")


def job_budget(processors: int, builds: int) -> dict[str, str]:
    """Return variables that give make, CMake, Cargo and NumPy's build their share of the processors."""
    share = str(max(1, processors // max(1, builds)))
    return {"MAKEFLAGS": f"-j{share}", **dict.fromkeys(_JOB_VARIABLES, share)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """Settings for opening the machines of jobs.

    `open_machine` opens a machine and cleans up when its context ends. While opening, it calls its second argument,
    which raises InterruptedRunError to cancel. `host_environment` contains the variables that may be passed on.
    Concurrent `builds` share the `processors`. `project` is the project directory on this computer, or None for an
    sdist, whose configuration must not access files around it.
    """

    open_machine: Callable[[Job, Callable[[], None]], AbstractContextManager[OpenMachine]]
    emit: Callable[[Event], None]
    source: Tree
    host_environment: Mapping[str, str] = field(default_factory=dict)
    processors: int = 1
    builds: int = 1
    project: Path | None = None

    def environment(self, opened: OpenMachine, builds: int) -> dict[str, str]:
        """Return the initial environment of commands on a machine where this many builds share the processors."""
        return {**job_budget(self.processors, builds), **opened.variables}

    def passed(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Return the host variables that a build may see."""
        return tuple((name, self.host_environment[name]) for name in names if name in self.host_environment)


class Stage:
    """Provides machines to the builds of a job. The first one runs before-all. May be shared between threads."""

    def __init__(self, job: Job, settings: StageSettings) -> None:
        self._job = job
        self._settings = settings
        self._preparing = threading.Lock()
        self._guard = threading.Lock()
        self._first: OpenMachine | None = None
        self._is_begun = False
        self._announcing = threading.Lock()
        self._is_announced = False
        self._fault: CibwError | None = None
        self._idle: list[OpenMachine] = []
        self._open: list[OpenMachine] = []
        self._stopped = False
        self._is_frozen = False
        self._is_resumed = False
        self._before_all = _before_all(job, settings)
        self._stacks: list[ExitStack] = []

    @property
    def name(self) -> str:
        """The job's name."""
        return self._job.name

    @property
    def job(self) -> Job:
        """The job that the machines are for."""
        return self._job

    def take(self) -> OpenMachine:
        """Return a machine that is ready and idle.

        Raises the error that prevented the first machine from being ready, also in every later call, and
        InterruptedRunError after `stop`. Without before-all, containers are opened concurrently.
        """
        with self._preparing:
            self._go_on()
            if self._fault is not None:
                raise self._fault
            if self._idle:
                return self._idle.pop()
            first = self._first
            is_first, self._is_begun = not self._is_begun, True
            is_alone = self._before_all is not None or not isinstance(self._job.machine, ContainerSpec)
            if is_alone and (first is None or not self._is_repeatable):
                return self._prepared()
        # Opening takes a while, and other builds must not wait for it.
        return self._prepared() if is_first else self._another(first)

    def give_back(self, opened: OpenMachine) -> None:
        """Return a machine, so that the next build can use it."""
        with self._preparing:
            self._idle.append(opened)

    def stop(self) -> None:
        """End all commands on the machines, and provide no more machines."""
        with self._guard:
            self._stopped = True
            machines = tuple(self._open)
        together([opened.stop for opened in machines])

    def close(self) -> None:
        """Close all machines. The one that others were started from is the last."""
        others = 0 if self._before_all is None else 1
        together([stack.close for stack in self._stacks[others:]])
        together([stack.close for stack in self._stacks[:others]])

    def _prepared(self) -> OpenMachine:
        try:
            opened = self._enter(self._opening())
            self._announce(opened)
            require_interpreters(opened.machine, self._job)
            opened = self._with_source(opened)
        except (CibwError, OSError) as error:
            # An interrupted machine may raise any error.
            self._fault = _interrupted() if self._stopped else explained(error)
            raise self._fault from error
        self._first = opened
        return opened

    def _another(self, first: OpenMachine | None) -> OpenMachine:
        if self._before_all is None or first is None:
            opened = self._enter(self._opening())
            self._announce(opened)
            opened.machine.put(self._settings.source, opened.bindings[Late.SOURCE])
            return opened
        opened = self._enter(first.fork())
        if first.keeping is not None and self._is_resumed:
            self._before_all.lay_over(opened, first.keeping.files)
        return opened

    def _announce(self, opened: OpenMachine) -> None:
        """Announce the start of the job once, before its first build is announced."""
        with self._announcing:
            if not self._is_announced:
                self._is_announced = True
                self._settings.emit(JobStarted(job=self._job.name, machine=opened.description))

    @property
    def _is_repeatable(self) -> bool:
        """Return whether further machines can be opened.

        A machine that was lost before it was frozen leaves no state.
        """
        return self._before_all is None or self._is_frozen or self._is_resumed

    def _opening(self) -> AbstractContextManager[OpenMachine]:
        return self._settings.open_machine(self._job, self._go_on)

    def _go_on(self) -> None:
        if self._stopped:
            raise _interrupted()

    def _enter(self, context: AbstractContextManager[OpenMachine]) -> OpenMachine:
        stack = ExitStack()
        opened = stack.enter_context(context)
        with self._guard:
            self._stacks.append(stack)
            self._open.append(opened)
            if not self._stopped:
                return opened
        raise _interrupted()

    def _with_source(self, opened: OpenMachine) -> OpenMachine:
        """Return the machine with the project at SOURCE after before-all, or another one in its place."""
        if self._before_all is None:
            opened.machine.put(self._settings.source, opened.bindings[Late.SOURCE])
            return opened
        keeping = opened.keeping
        if keeping is not None and keeping.start:
            self._is_resumed = self._before_all.resume(opened, keeping)
            if self._is_resumed:
                return opened
            opened.stop()
            opened = self._enter(keeping.anew())
        is_lasting = self._before_all.run(opened)
        if min(self._settings.builds, len(self._job.builds)) > 1:
            # An engine may disturb the commands of a container while it creates an image of it.
            opened.freeze()
            self._is_frozen = True
        if is_lasting and opened.keeping is not None:
            self._keep(opened.keeping)
        return opened

    def _keep(self, keeping: Keeping) -> None:
        try:
            keeping.keep()
        except EngineUnavailableError as error:
            text = f"could not save the state after before-all for later runs: {error.message}"
            self._settings.emit(Progress(job=self._job.name, text=text))


def _before_all(job: Job, settings: StageSettings) -> BeforeAll | None:
    if job.before_all is None:
        return None
    return BeforeAll(
        job=job,
        step=job.before_all,
        source=settings.source,
        emit=settings.emit,
        base=lambda opened: settings.environment(opened, builds=1),
        passed=settings.passed(job.environment_pass),
    )


def together(actions: Iterable[Callable[[], None]]) -> None:
    """Run all actions concurrently and wait for them, because closing a machine may take seconds."""
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _interrupted() -> InterruptedRunError:
    return InterruptedRunError("The run was interrupted.")


def explained(error: CibwError | OSError) -> CibwError:
    """Return a readable error for a full disk, a file without permission and similar system errors."""
    if isinstance(error, CibwError):
        return error
    return CibwError(f"A file operation failed on this computer: {error}.")
