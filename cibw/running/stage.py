"""The machines of one job: the first is prepared, the others start from its state."""

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
    """Variables that tell make, CMake, Cargo and NumPy's build their share of the processors."""
    share = str(max(1, processors // max(1, builds)))
    return {"MAKEFLAGS": f"-j{share}", **dict.fromkeys(_JOB_VARIABLES, share)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """How machines of jobs are made ready.

    `open_machine` gives a machine and cleans up when its context ends; meanwhile it asks its second
    argument, which raises InterruptedRunError, whether to go on. `host_environment` is where passed
    variables come from. `builds` side by side share the `processors`. `project` is where the project lies
    on this computer; None for an sdist, whose configuration must not reach files around it.
    """

    open_machine: Callable[[Job, Callable[[], None]], AbstractContextManager[OpenMachine]]
    emit: Callable[[Event], None]
    source: Tree
    host_environment: Mapping[str, str] = field(default_factory=dict)
    processors: int = 1
    builds: int = 1
    project: Path | None = None

    def environment(self, opened: OpenMachine, builds: int) -> dict[str, str]:
        """What commands start from on a machine where so many builds share the processors."""
        return {**job_budget(self.processors, builds), **opened.variables}

    def passed(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """The variables of the host that a build may see."""
        return tuple((name, self.host_environment[name]) for name in names if name in self.host_environment)


class Stage:
    """Lends machines to the builds of a job; the first loan runs before-all. Threads may share it."""

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
        """A machine that is ready and idle.

        Raises what kept the first machine from being ready, for every later call too, and
        InterruptedRunError after `stop`. Containers open at the same time where there is no before-all.
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
        # Opening takes a while, and nobody has to wait for another one's machine.
        return self._prepared() if is_first else self._another(first)

    def give_back(self, opened: OpenMachine) -> None:
        """End a loan; the machine serves the next build."""
        with self._preparing:
            self._idle.append(opened)

    def stop(self) -> None:
        """End what runs on the machines, and lend no more."""
        with self._guard:
            self._stopped = True
            machines = tuple(self._open)
        together([opened.stop for opened in machines])

    def close(self) -> None:
        """Clean up all machines; the one that others started from is the last."""
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
            # What was stopped in the midst of its work may complain of anything.
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
        """Say that the job has started, once and before its first build says so."""
        with self._announcing:
            if not self._is_announced:
                self._is_announced = True
                self._settings.emit(JobStarted(job=self._job.name, machine=opened.description))

    @property
    def _is_repeatable(self) -> bool:
        """Whether further machines can be made; of one that was lost and never frozen, no state is left."""
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
        """The machine with the project at SOURCE as before-all leaves it, or another one in its place."""
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
            # An engine may disturb the commands of a container that it makes an image of.
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
    """Do all at once and wait for the last: what ends one machine may take seconds."""
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _interrupted() -> InterruptedRunError:
    return InterruptedRunError("The run was interrupted.")


def explained(error: CibwError | OSError) -> CibwError:
    """An error that a user can read, in place of what the system says of a full disk or a file without access."""
    if isinstance(error, CibwError):
        return error
    return CibwError(f"A file operation failed on this computer: {error}.")
