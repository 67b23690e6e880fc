"""The waiting, running and finished builds of a run, which workers take one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cibw.model.events import BuildResult
from cibw.model.identifier import BuildIdentifier
from cibw.model.plan import WheelBuild
from cibw.running.opened import OpenMachine
from cibw.running.priority import Rank
from cibw.running.stage import Stage


@dataclass(slots=True, kw_only=True)
class Task:
    """A build in progress.

    `opened` is its machine while it makes a wheel that another build's wheel could replace. `superseded` is set
    when such a wheel is finished, so that the task starts again and uses it. `foreseen` is set if a machine was
    prepared while the task was waiting. `maker` is the build whose wheel it uses; `revoked` is set if that wheel is
    withdrawn. `reuses` is set if it started with the wheel of another build.
    """

    build: WheelBuild
    stage: Stage
    opened: OpenMachine | None = None
    superseded: bool = False
    foreseen: bool = False
    result: BuildResult | None = None
    maker: BuildIdentifier | None = None
    revoked: bool = False
    reuses: bool = False


@dataclass(slots=True)
class Tasks:
    """The tasks of a run in the order of the plan. `rank` determines which starts first, highest first.

    A task that expects the wheel of another one waits until that has finished or failed. If a task's job has made a
    wheel for several Pythons, the task also waits while earlier ones run.
    """

    all: Sequence[Task]
    rank: Rank
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _waiting: list[Task] = field(default_factory=list)
    _is_sorted: bool = False
    _running: list[Task] = field(default_factory=list)
    _stopped: bool = False
    _sharing: set[Stage] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._waiting = list(self.all)

    def take(self, foresee: Callable[[Task], None]) -> Task | None:
        """Return the next task as soon as one may run, or None if nothing is waiting or after `stop`.

        While waiting, call `foresee` once for each task that cannot start yet.
        """
        while True:
            with self._changed:
                self._sort()
                blocked = None if self._is_over or self._ready() else self._unforeseen()
                if blocked is None:
                    self._changed.wait_for(lambda: self._is_over or self._ready())
                    return None if self._is_over else self._begin(self._ready()[0])
                blocked.foreseen = True
            foresee(blocked)

    @property
    def is_over(self) -> bool:
        """Return whether no further task will start."""
        with self._changed:
            return self._is_over

    def finish(self, task: Task, result: BuildResult) -> bool:
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

    def stop(self, lost: Task | None = None) -> None:
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

    def _put_back(self, task: Task) -> None:
        task.revoked, task.result, task.foreseen = False, None, True
        self._waiting.append(task)
        self._is_sorted = False

    def _begin(self, task: Task) -> Task:
        self._waiting.remove(task)
        self._running.append(task)
        return task

    def _unforeseen(self) -> Task | None:
        return next((task for task in self._waiting if not task.foreseen), None)

    def _ready(self) -> list[Task]:
        ready = [task for task in self._waiting if not self._waits(task)]
        # If nothing runs, there is nothing to wait for.
        return ready if ready or self._running else self._waiting

    def _waits(self, task: Task) -> bool:
        if task.stage in self._sharing and self._has_earlier(task):
            return True
        expects = task.build.expects
        return expects is not None and any(
            other.stage is task.stage and other.build.identifier == expects.identifier and other.result is None
            for other in self.all
        )

    def _has_earlier(self, task: Task) -> bool:
        """Return whether an earlier build of the same job and target is running, whose wheel could be reused."""
        target = task.build.identifier.target
        earlier = (other for other in self._before(task) if other.build.identifier.target == target)
        return any(other.stage is task.stage and other in self._running and not other.reuses for other in earlier)

    def _before(self, task: Task) -> Sequence[Task]:
        return self.all[: next(number for number, one in enumerate(self.all) if one is task)]

    def _after(self, task: Task) -> Sequence[Task]:
        return self.all[len(self._before(task)) + 1 :]

    def wait_for_earlier(self, task: Task) -> None:
        """Wait until no earlier build of the job is running whose wheel could replace the one that a task has made.

        Builds only wait for earlier ones, so there is no deadlock.
        """
        with self._changed:
            self._sharing.add(task.stage)
            self._changed.wait_for(lambda: task.superseded or not self._has_earlier(task))

    def begin(self, task: Task, *, reuses: bool) -> None:
        """Record whether a task that was taken starts with the wheel of another build."""
        with self._changed:
            task.reuses = reuses
            self._changed.notify_all()

    def begin_making(self, task: Task, opened: OpenMachine | None) -> None:
        """Record the machine on which a task makes a wheel, or that it has stopped doing so."""
        with self._changed:
            task.opened = opened

    def supersede(self, maker: Task, serves: Callable[[WheelBuild], bool]) -> None:
        """Interrupt the later tasks of a job that make a wheel which the maker's wheel can replace."""
        with self._changed:
            later = (task for task in self._after(maker) if task.opened and task.stage is maker.stage)
            needless = [task for task in later if serves(task.build)]
            machines = [task.opened for task in needless if task.opened is not None]
            for task in needless:
                task.superseded, task.opened = True, None
            self._changed.notify_all()
        for opened in machines:
            opened.stop()

    def revoke(self, maker: Task, is_stale: Callable[[Task], bool]) -> list[BuildIdentifier]:
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

    def _revoke(self, task: Task) -> None:
        task.maker = None
        if task.result is None:
            task.revoked = True
        else:
            self._put_back(task)
