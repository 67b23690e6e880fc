"""Runs of plans on recording machines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cibw.errors import CibwError
from cibw.execution.machine import MachineSession, Tree
from cibw.execution.pool import PoolSettings
from cibw.execution.scheduler import RunSettings, run_plan
from cibw.execution.store.wheel_cache import NullCache, WheelCache
from cibw.model.events import Event, Report
from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import HostSpec
from cibw.model.plan import Check, Job, Plan, Step, StepName, WheelBuild
from cibw.model.templates import BUILT_DIR, CommandRequest, Placeholder
from tests.doubles.machine import Answer, RecordingMachine
from unit_test.execution.test_flow import run
from unit_test.execution.wheels import wheel_bytes

MAIN_THREAD = threading.main_thread().ident or 0
BINDINGS = {Placeholder.PROJECT: "/project", Placeholder.SOURCE: "/source"}
PATIENCE = 120.0
"""Seconds after which a test that waits for another thread fails."""
TREE = Tree(root=Path("/nowhere"), files=())


def build_of(python: str, *, tested: bool = False) -> WheelBuild:
    return WheelBuild(
        identifier=BuildIdentifier.parse(f"{python}-manylinux_x86_64"),
        prepare=Step(name=StepName.SET_UP),
        make=(
            Step(
                name=StepName.BUILD,
                actions=(run("build", python, BUILT_DIR),),
                checks=(Check.ONE_BUILT_WHEEL, Check.NEW_NAME),
            ),
        ),
        test=(Step(name=StepName.TEST, actions=(run("test", python),)),) if tested else (),
        environment_pass=("TOKEN",),
    )


def job_of(name: str, *pythons: str, before_all: bool = False, tested: bool = False) -> Job:
    step = Step(name=StepName.BEFORE_ALL, actions=(run("prepare"),)) if before_all else None
    return Job(
        name=name,
        machine=HostSpec(),
        builds=tuple(build_of(python, tested=tested) for python in pythons),
        before_all=step,
    )


class Trial:
    """A run on recording machines, one a job; `answer` may be replaced."""

    def __init__(self, output_dir: Path) -> None:
        self.events: list[Event] = []
        self.machines: list[RecordingMachine] = []
        self.closed = 0
        self.files: tuple[str, ...] = ()
        self.forks = 0
        self.frozen_at: list[int] = []
        self.stopped = threading.Event()
        self.stop: Callable[[], None] = self.stopped.set
        self.rank: Callable[[WheelBuild], float] = lambda _build: 0.0
        self.answer: Callable[[CommandRequest], Answer] = self.succeed
        self.fault: CibwError | None = None
        self.emit: Callable[[Event], None] = self.events.append
        self.opening: Callable[[Callable[[], None]], None] = lambda check_cancelled: check_cancelled()
        self.wheel_cache: WheelCache = NullCache()
        self.make_machine: Callable[[], RecordingMachine] = lambda: RecordingMachine(self.answer)
        self._output_dir = output_dir

    def succeed(self, request: CommandRequest) -> Answer:
        if request.argv[0] != "build":
            return Answer()
        _, python, directory = request.argv
        path = f"{directory}/hello-1.0-{python}-{python}-manylinux_2_17_x86_64.whl"
        return Answer(files={path: wheel_bytes(native=True)})

    def fail_for(self, python: str) -> None:
        self.answer = lambda request: Answer(exit_code=1) if python in request.argv else self.succeed(request)

    def go(self, *jobs: Job, keep_going: bool = False, side_by_side: int = 1) -> Report:
        pools = PoolSettings(
            open_machine=self._open,
            emit=self.emit,
            source=replace(TREE, files=self.files, moved=dict.fromkeys(self.files, b"")),
            host_environment={"TOKEN": "x", "OTHER": "y"},
            processors=4,
            builds=side_by_side,
        )
        settings = RunSettings(
            pools=pools,
            output_dir=self._output_dir,
            jobs=side_by_side,
            rank=self.rank,
            keep_going=keep_going,
            log_file=lambda scope: f"logs/{scope}.log",
            wheel_cache=self.wheel_cache,
        )
        return run_plan(Plan(jobs=jobs), settings)

    @contextmanager
    def _open(self, job: Job, check_cancelled: Callable[[], None]) -> Iterator[MachineSession]:
        if self.fault is not None:
            raise self.fault
        self.opening(check_cancelled)
        machine = self.make_machine()
        self.machines.append(machine)
        try:
            yield MachineSession(
                machine=machine,
                description=job.name,
                bindings=BINDINGS,
                work_dir="/work",
                before_all_dir="/project",
                freeze=self._freeze,
                fork=lambda: self._fork(job, check_cancelled),
                stop=self.stop,
            )
        finally:
            self.closed += 1

    def _freeze(self) -> None:
        self.frozen_at.append(len(self.machines[0].requests))

    @contextmanager
    def _fork(self, job: Job, check_cancelled: Callable[[], None]) -> Iterator[MachineSession]:
        self.forks += 1
        with self._open(job, check_cancelled) as session:
            yield session


def statuses(report: Report) -> list[str]:
    return [result.status.value for result in report.results]
