"""The builds of a run that wait, run and are done; workers take them one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cibw.model.events import BuildResult
from cibw.model.plan import WheelBuild
from cibw.running.opened import OpenMachine
from cibw.running.priority import Rank
from cibw.running.stage import Stage


@dataclass(slots=True, kw_only=True)
class Task:
    """One build on its way.

    `opened` is the machine that it runs on, while it makes a wheel that another build's could
    replace. `superseded` is set when such a wheel has come, so that the task starts again with it.
    `foreseen` says that a machine was made ready for it while it waited.
    """

    build: WheelBuild
    stage: Stage
    opened: OpenMachine | None = None
    superseded: bool = False
    foreseen: bool = False
    result: BuildResult | None = None


@dataclass(slots=True)
class Tasks:
    """The tasks of a run in the order of the plan; `rank` says which goes first, the highest.

    A task that expects the wheel of another one waits until that has ended, well or not.
    """

    all: Sequence[Task]
    rank: Rank
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _waiting: list[Task] = field(default_factory=list)
    _is_sorted: bool = False
    _running: list[Task] = field(default_factory=list)
    _stopped: bool = False

    def __post_init__(self) -> None:
        self._waiting = list(self.all)

    def take(self, foresee: Callable[[Task], None]) -> Task | None:
        """The next task to run, as soon as one may; None where nothing waits, or after `stop`.

        Whoever has to wait calls `foresee` for tasks that can't begin yet, each of them once in all.
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
        """Whether no further task will begin."""
        with self._changed:
            return self._is_over

    def finish(self, task: Task, result: BuildResult) -> None:
        """Enter the result of a task that was taken, or of one that is done without a machine."""
        with self._changed:
            task.result = result
            for tasks in (self._waiting, self._running):
                if task in tasks:
                    tasks.remove(task)
            self._changed.notify_all()

    def stop(self) -> None:
        """Let no further task begin."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def side_by_side(self, jobs: int) -> int:
        """How many tasks can run at this time, of which no more than `jobs` do."""
        with self._changed:
            return min(jobs, len(self._running) + len(self._ready()))

    @property
    def _is_over(self) -> bool:
        return self._stopped or not self._waiting

    def _sort(self) -> None:
        if not self._is_sorted:
            # The sort is stable, so that tasks of one rank keep the order of the plan.
            self._waiting.sort(key=lambda task: -self.rank(task.build))
            self._is_sorted = True

    def _begin(self, task: Task) -> Task:
        self._waiting.remove(task)
        self._running.append(task)
        return task

    def _unforeseen(self) -> Task | None:
        return next((task for task in self._waiting if not task.foreseen), None)

    def _ready(self) -> list[Task]:
        ready = [task for task in self._waiting if not self._waits(task)]
        # Where nothing runs, nothing is worth waiting for.
        return ready if ready or self._running else self._waiting

    def _waits(self, task: Task) -> bool:
        expects = task.build.expects
        return expects is not None and any(
            other.stage is task.stage and other.build.identifier == expects.identifier and other.result is None
            for other in self.all
        )

    def begin_making(self, task: Task, opened: OpenMachine | None) -> None:
        """Say on which machine a task makes a wheel, or that it does so no more."""
        with self._changed:
            task.opened = opened

    def supersede(self, stage: Stage, serves: Callable[[WheelBuild], bool]) -> None:
        """Interrupt the tasks of a job that make a wheel which another one serves for."""
        with self._changed:
            needless = [task for task in self.all if task.opened and task.stage is stage and serves(task.build)]
            machines = [task.opened for task in needless if task.opened is not None]
            for task in needless:
                task.superseded, task.opened = True, None
        for opened in machines:
            opened.stop()
