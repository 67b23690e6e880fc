"""The machines of a job, and the builds that wait for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from statistics import fmean

from cibw.errors import CibwError, EngineUnavailableError, InterruptedRunError
from cibw.execution.before_all import BeforeAll, require_interpreters
from cibw.execution.container.emulation import Processor, is_native
from cibw.execution.machine import MachineSession, SnapshotPolicy, Tree
from cibw.model.events import BuildResult, Event, JobStarted, Progress, Status
from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import ContainerSpec, MachineSpec
from cibw.model.plan import Job, Plan, WheelBuild
from cibw.model.templates import Placeholder

# The machines of one job. The first is prepared, the others start from its state.

_JOB_VARIABLES = ("CMAKE_BUILD_PARALLEL_LEVEL", "CARGO_BUILD_JOBS", "NPY_NUM_BUILD_JOBS")


def job_budget(processors: int, builds: int) -> dict[str, str]:
    """Return variables that give make, CMake, Cargo and NumPy's build their share of the processors."""
    share = str(max(1, processors // max(1, builds)))
    return {"MAKEFLAGS": f"-j{share}", **dict.fromkeys(_JOB_VARIABLES, share)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """Settings for opening the machines of jobs.

    `open_machine` opens a machine and cleans up when its context ends. While opening, it calls its second argument,
    which raises InterruptedRunError to cancel. `host_environment` contains the variables that may be passed on.
    Concurrent `builds` share the `processors`. `project` is the project directory on this computer, or None for an
    sdist, whose configuration must not access files around it.
    """

    open_machine: Callable[[Job, Callable[[], None]], AbstractContextManager[MachineSession]]
    emit: Callable[[Event], None]
    source: Tree
    host_environment: Mapping[str, str] = field(default_factory=dict)
    processors: int = 1
    builds: int = 1
    project: Path | None = None

    def environment(self, session: MachineSession, builds: int) -> dict[str, str]:
        """Return the initial environment of commands on a machine where this many builds share the processors."""
        return {**job_budget(self.processors, builds), **session.variables}

    def passed(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Return the host variables that a build may see."""
        return tuple((name, self.host_environment[name]) for name in names if name in self.host_environment)


class MachinePool:
    """Provides machines to the builds of a job. The first one runs before-all. May be shared between threads."""

    def __init__(self, job: Job, settings: PoolSettings) -> None:
        self._job = job
        self._settings = settings
        self._preparing = threading.Lock()
        self._guard = threading.Lock()
        self._first: MachineSession | None = None
        self._is_begun = False
        self._announcing = threading.Lock()
        self._is_announced = False
        self._fault: CibwError | None = None
        self._idle: list[MachineSession] = []
        self._open: list[MachineSession] = []
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

    def take(self) -> MachineSession:
        """Return a machine that is ready and idle.

        Raises the error that prevented the first machine from being ready, also in every later call, and
        InterruptedRunError after `stop`. Without before-all, containers are opened concurrently.
        """
        with self._preparing:
            self._check_cancelled()
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

    def give_back(self, session: MachineSession) -> None:
        """Return a machine, so that the next build can use it."""
        with self._preparing:
            self._idle.append(session)

    def stop(self) -> None:
        """End all commands on the machines, and provide no more machines."""
        with self._guard:
            self._stopped = True
            machines = tuple(self._open)
        together([session.stop for session in machines])

    def close(self) -> None:
        """Close all machines. The one that others were started from is the last."""
        others = 0 if self._before_all is None else 1
        together([stack.close for stack in self._stacks[others:]])
        together([stack.close for stack in self._stacks[:others]])

    def _prepared(self) -> MachineSession:
        try:
            session = self._enter(self._opening())
            self._announce(session)
            require_interpreters(session.machine, self._job)
            session = self._with_source(session)
        except (CibwError, OSError) as error:
            # An interrupted machine may raise any error.
            self._fault = _interrupted() if self._stopped else explained(error)
            raise self._fault from error
        self._first = session
        return session

    def _another(self, first: MachineSession | None) -> MachineSession:
        if self._before_all is None or first is None:
            session = self._enter(self._opening())
            self._announce(session)
            session.machine.put(self._settings.source, session.bindings[Placeholder.SOURCE])
            return session
        session = self._enter(first.fork())
        if first.snapshot_policy is not None and self._is_resumed:
            self._before_all.lay_over(session, first.snapshot_policy.files)
        return session

    def _announce(self, session: MachineSession) -> None:
        """Announce the start of the job once, before its first build is announced."""
        with self._announcing:
            if not self._is_announced:
                self._is_announced = True
                self._settings.emit(JobStarted(job=self._job.name, machine=session.description))

    @property
    def _is_repeatable(self) -> bool:
        """Return whether further machines can be opened.

        A machine that was lost before it was frozen leaves no state.
        """
        return self._before_all is None or self._is_frozen or self._is_resumed

    def _opening(self) -> AbstractContextManager[MachineSession]:
        return self._settings.open_machine(self._job, self._check_cancelled)

    def _check_cancelled(self) -> None:
        if self._stopped:
            raise _interrupted()

    def _enter(self, context: AbstractContextManager[MachineSession]) -> MachineSession:
        stack = ExitStack()
        session = stack.enter_context(context)
        with self._guard:
            self._stacks.append(stack)
            self._open.append(session)
            if not self._stopped:
                return session
        raise _interrupted()

    def _with_source(self, session: MachineSession) -> MachineSession:
        """Return the machine with the project at SOURCE after before-all, or another one in its place."""
        if self._before_all is None:
            session.machine.put(self._settings.source, session.bindings[Placeholder.SOURCE])
            return session
        snapshot_policy = session.snapshot_policy
        if snapshot_policy is not None and snapshot_policy.start:
            self._is_resumed = self._before_all.resume(session, snapshot_policy)
            if self._is_resumed:
                return session
            session.stop()
            session = self._enter(snapshot_policy.anew())
        is_lasting = self._before_all.run(session)
        if min(self._settings.builds, len(self._job.builds)) > 1:
            # An engine may disturb the commands of a container while it creates an image of it.
            session.freeze()
            self._is_frozen = True
        if is_lasting and session.snapshot_policy is not None:
            self._keep(session.snapshot_policy)
        return session

    def _keep(self, snapshot_policy: SnapshotPolicy) -> None:
        try:
            snapshot_policy.keep()
        except EngineUnavailableError as error:
            text = f"could not save the state after before-all for later runs: {error.message}"
            self._settings.emit(Progress(job=self._job.name, text=text))


def _before_all(job: Job, settings: PoolSettings) -> BeforeAll | None:
    if job.before_all is None:
        return None
    return BeforeAll(
        job=job,
        step=job.before_all,
        source=settings.source,
        emit=settings.emit,
        base=lambda session: settings.environment(session, builds=1),
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


# Starts the slowest builds first, so that none is left running alone at the end.

Rank = Callable[[WheelBuild], float]


def slowest_first(plan: Plan, earlier: Iterable[BuildResult], host: Processor) -> Rank:
    """Rank builds by their duration in an earlier run.

    A build without a duration counts as average, or as the slowest if its architecture is emulated. So without any
    durations the emulated builds start first. The duration of a build includes the longest of the builds that wait
    for its wheel.
    """
    seconds = {result.identifier: result.seconds for result in earlier if result.status is Status.BUILT}
    usual = fmean(seconds.values()) if seconds else 1.0
    unknown = {
        build.identifier: inf if _is_emulated(job.machine, host) else usual for job in plan.jobs for build in job.builds
    }
    alone = {**unknown, **seconds}
    behind: dict[BuildIdentifier, float] = {}
    for build in (build for job in plan.jobs for build in job.builds):
        if build.expects is not None:
            maker = build.expects.identifier
            behind[maker] = max(behind.get(maker, 0.0), alone[build.identifier])
    return lambda build: alone[build.identifier] + behind.get(build.identifier, 0.0)


def _is_emulated(machine: MachineSpec, host: Processor) -> bool:
    return isinstance(machine, ContainerSpec) and not is_native(host, machine.image.oci_platform)


# The waiting, running and finished builds of a run, which workers take one by one.


@dataclass(slots=True, kw_only=True)
class BuildTask:
    """A build in progress.

    `session` is its machine while it makes a wheel that another build's wheel could replace. `superseded` is set
    when such a wheel is finished, so that the task starts again and uses it. `prewarmed` is set if a machine was
    prepared while the task was waiting. `maker` is the build whose wheel it uses; `revoked` is set if that wheel is
    withdrawn. `reuses` is set if it started with the wheel of another build.
    """

    build: WheelBuild
    pool: MachinePool
    session: MachineSession | None = None
    superseded: bool = False
    prewarmed: bool = False
    result: BuildResult | None = None
    maker: BuildIdentifier | None = None
    revoked: bool = False
    reuses: bool = False


@dataclass(slots=True)
class BuildQueue:
    """The tasks of a run in the order of the plan. `rank` determines which starts first, highest first.

    A task that expects the wheel of another one waits until that has finished or failed. If a task's job has made a
    wheel for several Pythons, the task also waits while earlier ones run.
    """

    all: Sequence[BuildTask]
    rank: Rank
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _waiting: list[BuildTask] = field(default_factory=list)
    _is_sorted: bool = False
    _running: list[BuildTask] = field(default_factory=list)
    _stopped: bool = False
    _sharing: set[MachinePool] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._waiting = list(self.all)

    def take(self, prewarm: Callable[[BuildTask], None]) -> BuildTask | None:
        """Return the next task as soon as one may run, or None if nothing is waiting or after `stop`.

        While waiting, call `prewarm` once for each task that cannot start yet.
        """
        while True:
            with self._changed:
                self._sort()
                blocked = None if self._is_over or self._ready() else self._not_prewarmed()
                if blocked is None:
                    self._changed.wait_for(lambda: self._is_over or self._ready())
                    return None if self._is_over else self._begin(self._ready()[0])
                blocked.prewarmed = True
            prewarm(blocked)

    @property
    def is_over(self) -> bool:
        """Return whether no further task will start."""
        with self._changed:
            return self._is_over

    def finish(self, task: BuildTask, result: BuildResult) -> bool:
        """Record the result of a task that was taken, or of one that is finished without a machine.

        Return False if its wheel has been withdrawn meanwhile. Then the task waits again.
        """
        with self._changed:
            for tasks in (self._waiting, self._running):
                if task in tasks:
                    tasks.remove(task)
            is_valid = not task.revoked
            if is_valid:
                task.result = result
            else:
                self._put_back(task)
            self._changed.notify_all()
            return is_valid

    def stop(self, lost: BuildTask | None = None) -> None:
        """Start no further tasks. No task waits for the `lost` one, which an internal error has ended."""
        with self._changed:
            self._stopped = True
            if lost in self._running:
                self._running.remove(lost)
            self._changed.notify_all()

    def side_by_side(self, jobs: int) -> int:
        """Return how many tasks can run now, at most `jobs`."""
        with self._changed:
            return min(jobs, len(self._running) + len(self._ready()))

    @property
    def _is_over(self) -> bool:
        return self._stopped or not self._waiting

    def _sort(self) -> None:
        if not self._is_sorted:
            # The sort is stable, so tasks of equal rank keep the order of the plan.
            self._waiting.sort(key=lambda task: -self.rank(task.build))
            self._is_sorted = True

    def _put_back(self, task: BuildTask) -> None:
        task.revoked, task.result, task.prewarmed = False, None, True
        self._waiting.append(task)
        self._is_sorted = False

    def _begin(self, task: BuildTask) -> BuildTask:
        self._waiting.remove(task)
        self._running.append(task)
        return task

    def _not_prewarmed(self) -> BuildTask | None:
        return next((task for task in self._waiting if not task.prewarmed), None)

    def _ready(self) -> list[BuildTask]:
        ready = [task for task in self._waiting if not self._waits(task)]
        # If nothing runs, there is nothing to wait for.
        return ready if ready or self._running else self._waiting

    def _waits(self, task: BuildTask) -> bool:
        if task.pool in self._sharing and self._has_earlier(task):
            return True
        expects = task.build.expects
        return expects is not None and any(
            other.pool is task.pool and other.build.identifier == expects.identifier and other.result is None
            for other in self.all
        )

    def _has_earlier(self, task: BuildTask) -> bool:
        """Return whether an earlier build of the same job and target is running, whose wheel could be reused."""
        target = task.build.identifier.target
        earlier = (other for other in self._before(task) if other.build.identifier.target == target)
        return any(other.pool is task.pool and other in self._running and not other.reuses for other in earlier)

    def _before(self, task: BuildTask) -> Sequence[BuildTask]:
        return self.all[: next(number for number, one in enumerate(self.all) if one is task)]

    def _after(self, task: BuildTask) -> Sequence[BuildTask]:
        return self.all[len(self._before(task)) + 1 :]

    def wait_for_earlier(self, task: BuildTask) -> None:
        """Wait until no earlier build of the job is running whose wheel could replace the one that a task has made.

        Builds only wait for earlier ones, so there is no deadlock.
        """
        with self._changed:
            self._sharing.add(task.pool)
            self._changed.wait_for(lambda: task.superseded or not self._has_earlier(task))

    def begin(self, task: BuildTask, *, reuses: bool) -> None:
        """Record whether a task that was taken starts with the wheel of another build."""
        with self._changed:
            task.reuses = reuses
            self._changed.notify_all()

    def begin_making(self, task: BuildTask, session: MachineSession | None) -> None:
        """Record the machine on which a task makes a wheel, or that it has stopped doing so."""
        with self._changed:
            task.session = session

    def supersede(self, maker: BuildTask, serves: Callable[[WheelBuild], bool]) -> None:
        """Interrupt the later tasks of a job that make a wheel which the maker's wheel can replace."""
        with self._changed:
            later = (task for task in self._after(maker) if task.session and task.pool is maker.pool)
            needless = [task for task in later if serves(task.build)]
            machines = [task.session for task in needless if task.session is not None]
            for task in needless:
                task.superseded, task.session = True, None
            self._changed.notify_all()
        for session in machines:
            session.stop()

    def revoke(self, maker: BuildTask, is_stale: Callable[[BuildTask], bool]) -> list[BuildIdentifier]:
        """Restart later tasks that use another wheel than they would have used after the maker.

        Return the builds whose own wheels must be withdrawn. Tasks that use one of these are restarted, too.
        """
        with self._changed:
            settled = [task for task in self._after(maker) if task.maker is not None]
            stale = [task for task in settled if is_stale(task)]
            gone = {task.build.identifier for task in stale if task.maker == task.build.identifier}
            for task in settled:
                if task in stale or task.maker in gone:
                    self._revoke(task)
            self._changed.notify_all()
        return sorted(gone, key=str)

    def _revoke(self, task: BuildTask) -> None:
        task.maker = None
        if task.result is None:
            task.revoked = True
        else:
            self._put_back(task)
