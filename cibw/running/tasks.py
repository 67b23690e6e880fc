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
    """

    build: WheelBuild
    stage: Stage
    opened: OpenMachine | None = None
    superseded: bool = False
    result: BuildResult | None = None


@dataclass(slots=True)
class Tasks:
    """The tasks of a run in the order of the plan; `rank` says which goes first, the highest."""

    all: Sequence[Task]
    rank: Rank
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: list[Task] = field(default_factory=list)
    _is_sorted: bool = False
    _stopped: bool = False

    def __post_init__(self) -> None:
        self._waiting = list(self.all)

    def take(self) -> Task | None:
        """The next task to run; None where nothing waits, or after `stop`."""
        with self._lock:
            if not self._is_sorted:
                # The sort is stable, so that tasks of one rank keep the order of the plan.
                self._waiting.sort(key=lambda task: -self.rank(task.build))
                self._is_sorted = True
            return self._waiting.pop(0) if self._waiting and not self._stopped else None

    def drop(self, task: Task) -> None:
        """Let a task that is done without a machine wait no longer."""
        with self._lock:
            self._waiting.remove(task)

    def stop(self) -> None:
        """Let no further task begin."""
        with self._lock:
            self._stopped = True

    def begin_making(self, task: Task, opened: OpenMachine | None) -> None:
        """Say on which machine a task makes a wheel, or that it does so no more."""
        with self._lock:
            task.opened = opened

    def supersede(self, stage: Stage, serves: Callable[[WheelBuild], bool]) -> None:
        """Interrupt the tasks of a job that make a wheel which another one serves for."""
        with self._lock:
            needless = [task for task in self.all if task.opened and task.stage is stage and serves(task.build)]
            machines = [task.opened for task in needless if task.opened is not None]
            for task in needless:
                task.superseded, task.opened = True, None
        for opened in machines:
            opened.stop()
