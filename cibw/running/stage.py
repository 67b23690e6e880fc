"""The machines of one job: the first is prepared, the others start from its state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from posixpath import dirname

from cibw.errors import CibwError, InterruptedRunError
from cibw.model.command import Request
from cibw.model.events import Event, JobStarted
from cibw.model.plan import Job
from cibw.model.template import Late
from cibw.running.budget import job_budget
from cibw.running.machine import Machine, Tree
from cibw.running.opened import OpenMachine
from cibw.running.workbench import Workbench


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """How machines of jobs are made ready.

    `open_machine` gives a machine and cleans up when its context ends; meanwhile it asks its second
    argument, which raises InterruptedRunError, whether to go on. `host_environment` is where passed
    variables come from. `builds` side by side share the `processors`.
    """

    open_machine: Callable[[Job, Callable[[], None]], AbstractContextManager[OpenMachine]]
    emit: Callable[[Event], None]
    source: Tree
    host_environment: Mapping[str, str] = field(default_factory=dict)
    processors: int = 1
    builds: int = 1

    def environment(self, machine: Machine, builds: int) -> dict[str, str]:
        """What commands start from on a machine where so many builds share the processors."""
        return {**job_budget(self.processors, builds), **machine.environment()}

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
        self._fault: CibwError | None = None
        self._idle: list[OpenMachine] = []
        self._open: list[OpenMachine] = []
        self._stopped = False
        self._is_frozen = False
        self._stack = ExitStack()

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
        InterruptedRunError after `stop`.
        """
        with self._preparing:
            self._go_on()
            if self._fault is not None:
                raise self._fault
            if self._idle:
                return self._idle.pop()
            return self._another(self._first) if self._first else self._prepared()

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
        """Clean up all machines."""
        self._stack.close()

    def _prepared(self) -> OpenMachine:
        try:
            opened = self._enter(self._opening())
            self._settings.emit(JobStarted(job=self._job.name, machine=opened.description))
            self._lay_source(opened)
        except (CibwError, OSError) as error:
            # What was stopped in the midst of its work may complain of anything.
            self._fault = _interrupted() if self._stopped else explained(error)
            raise self._fault from error
        self._first = opened
        return opened

    def _another(self, first: OpenMachine) -> OpenMachine:
        if self._job.before_all is not None:
            # Of a machine that was lost and never frozen, no state is left.
            return self._enter(first.fork()) if self._is_frozen else self._prepared()
        opened = self._enter(self._opening())
        opened.machine.put(self._settings.source, opened.bindings[Late.SOURCE])
        return opened

    def _opening(self) -> AbstractContextManager[OpenMachine]:
        return self._settings.open_machine(self._job, self._go_on)

    def _go_on(self) -> None:
        if self._stopped:
            raise _interrupted()

    def _enter(self, context: AbstractContextManager[OpenMachine]) -> OpenMachine:
        opened = self._stack.enter_context(context)
        with self._guard:
            self._open.append(opened)
            if not self._stopped:
                return opened
        raise _interrupted()

    def _lay_source(self, opened: OpenMachine) -> None:
        job, settings = self._job, self._settings
        source = opened.bindings[Late.SOURCE]
        if job.before_all is None:
            opened.machine.put(settings.source, source)
            return
        project = opened.before_all_dir
        bindings = {**opened.bindings, Late.WORK: opened.work_dir, Late.PROJECT: project}
        bench = Workbench(opened.machine, job.name, bindings, settings.emit)
        opened.machine.put(settings.source, project)
        with bench.step(job.before_all.name):
            base = settings.environment(opened.machine, builds=1)
            environment = bench.environment(job.environment, base, settings.passed(job.environment_pass))
            bench.perform(job.before_all, environment)
            if project != source:
                _move(opened.machine, project, source)
        if min(settings.builds, len(job.builds)) > 1:
            # An engine may disturb the commands of a container that it makes an image of.
            opened.freeze()
            self._is_frozen = True


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
    return CibwError(f"This computer refuses an action on its files: {error}.")


def _move(machine: Machine, source: str, target: str) -> None:
    machine.remove(target)
    machine.make_dir(dirname(target))
    request = Request(argv=("mv", source, target), cwd="/", environment=machine.environment())
    lines: list[str] = []
    outcome = machine.run(request, lambda text, _is_error: lines.append(text))
    if outcome.exit_code != 0:
        raise CibwError(f"The project could not be moved to {target} after before-all: {'; '.join(lines)}")
