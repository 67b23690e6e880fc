"""Which build runs when, and on which machine."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from cibw.errors import InterruptedRunError
from cibw.execution.pool import BuildQueue, BuildTask, MachinePool, PoolSettings, Rank, together
from cibw.execution.store.wheel_cache import NullCache, WheelCache
from cibw.execution.wheels import FinishedWheels
from cibw.execution.worker import Restorer, RunContext, prewarm, work
from cibw.model.events import BuildFinished, BuildResult, Event, Report, RunFinished, RunStarted, Status
from cibw.model.plan import Plan

# Handles the signals that interrupt a run.

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, a service manager, a closed terminal, and Ctrl-Break on Windows. No system has all of them."""


@dataclass(slots=True, kw_only=True)
class StopRequest:
    """Whether the run was asked to end."""

    heard: bool = False


@contextmanager
def signals_heard() -> Iterator[StopRequest]:
    """Record signals as a request to end, instead of raising an exception during cleanup.

    Only works in the main thread; other threads are unaffected. Signals that the caller ignores, such as SIGHUP
    with `nohup`, stay ignored.
    """
    stop_request = StopRequest()

    def hear(_number: int, _frame: object) -> None:
        # Neither a lock nor an event, because the interrupted thread may hold it.
        stop_request.heard = True

    is_main = threading.current_thread() is threading.main_thread()
    numbers = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__] if is_main else []
    before = {number: signal.getsignal(number) for number in numbers}
    taken = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in taken:
            signal.signal(number, hear)
        yield stop_request
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)


# Runs a plan with concurrent workers.

_WAKE_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Settings of a run: the output directory, the number of concurrent builds, and their order.

    `rank` orders the builds, highest first. With `keep_going`, a failure affects only its own build.
    """

    pools: PoolSettings
    output_dir: Path
    jobs: int = 1
    keep_going: bool = False
    rank: Rank = lambda _build: 0.0
    log_file: Callable[[str], str] = lambda _scope: ""
    wheel_cache: WheelCache = field(default_factory=NullCache)

    @property
    def emit(self) -> Callable[[Event], None]:
        """Return the listener for events of the run."""
        return self.pools.emit


class SafeEmitter:
    """Passes events on, from any thread.

    The first `fault` of a listener is saved, because it is not the fault of a build.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.fault: Exception | None = None
        self._emit = emit

    def __call__(self, event: Event) -> None:
        """Emit an event."""
        try:
            self._emit(event)
        except Exception as fault:  # noqa: BLE001 - the scheduler ends the run and raises it
            self.fault = self.fault or fault


def run_plan(plan: Plan, settings: RunSettings) -> Report:
    """Run every build of a plan, some concurrently, and report the results in the plan's order.

    After a failure no further build starts, unless `keep_going` is set; running builds finish. An interrupt ends
    all builds, and so does an error of the event listener, which is raised at the end. Every build has a result.
    """
    emitter = SafeEmitter(settings.emit)
    settings = replace(settings, pools=replace(settings.pools, emit=emitter))
    started = time.monotonic()
    with signals_heard() as stop_request:
        emitter(RunStarted(plan=plan, output_dir=str(settings.output_dir)))
        results, is_interrupted = _results(plan, settings, lambda: stop_request.heard or emitter.fault is not None)
        report = Report(
            results=results,
            not_built=plan.not_built,
            seconds=time.monotonic() - started,
            exit_code=_exit_code(results, is_interrupted=is_interrupted),
        )
        emitter(RunFinished(report=report))
    if emitter.fault is not None:
        raise emitter.fault
    return report


def _results(plan: Plan, settings: RunSettings, must_end: Callable[[], bool]) -> tuple[tuple[BuildResult, ...], bool]:
    pools = [(job, MachinePool(job, settings.pools)) for job in plan.jobs]
    queue = BuildQueue(
        [BuildTask(build=build, pool=pool) for job, pool in pools for build in job.builds], settings.rank
    )
    workers = WorkerPool(queue, settings)
    with ExitStack() as stack:
        stack.callback(settings.wheel_cache.close)
        for _job, pool in pools:
            stack.callback(pool.close)
        workers.run(must_end)
    return tuple(task.result or _cancelled(task, settings) for task in queue.all), workers.is_interrupted


class WorkerPool:
    """Workers that take tasks until none is left. `is_interrupted` is set if they were stopped early."""

    def __init__(self, queue: BuildQueue, settings: RunSettings) -> None:
        self.is_interrupted = False
        self._queue = queue
        self._settings = settings
        self._run_context = RunContext(
            pools=settings.pools,
            emit=settings.emit,
            queue=queue,
            finished_wheels=FinishedWheels(order=(task.build.identifier for task in queue.all)),
            output_dir=settings.output_dir,
            log_file=settings.log_file,
            wheel_cache=settings.wheel_cache,
        )
        self._faults: list[Exception] = []

    def run(self, must_end: Callable[[], bool]) -> None:
        """Run all builds that no earlier run has finished. Raise the first internal error at the end."""
        self._restore(must_end)
        count = max(1, min(self._settings.jobs, len(self._queue.all)))
        ends = [threading.Event() for _ in range(count)]
        for end in ends:
            threading.Thread(target=self._work, args=(end,)).start()
        for end in ends:
            # The kernel may deliver a signal to a worker. Python handles it only when the main thread wakes up.
            while not end.wait(_WAKE_SECONDS):
                if not self.is_interrupted and (self._faults or must_end()):
                    self.is_interrupted = True
                    self._interrupt()
        if self._faults:
            raise self._faults[0]

    def _restore(self, must_end: Callable[[], bool]) -> None:
        run_context = self._run_context
        restorer = Restorer(run_context.wheel_cache, run_context.finished_wheels, run_context.output_dir, self._finish)
        for step in (restorer.restore, restorer.reuse):
            for task in self._queue.all:
                if task.result is None and not must_end():
                    step(task)

    def _interrupt(self) -> None:
        self._queue.stop()
        together([pool.stop for pool in dict.fromkeys(task.pool for task in self._queue.all)])

    def _work(self, end: threading.Event) -> None:
        task = None
        try:
            while task := self._queue.take(prewarm):
                self._finish(task, work(task, self._run_context))
        except Exception as fault:  # noqa: BLE001 - raised again in the thread that waits
            self._faults.append(fault)
            self._queue.stop(task)
        finally:
            end.set()

    def _finish(self, task: BuildTask, result: BuildResult) -> None:
        is_interrupted = result.failure is not None and result.failure.reference == InterruptedRunError.reference
        if is_interrupted or (result.failure is not None and not self._settings.keep_going):
            self._queue.stop()
        if self._queue.finish(task, result):
            self._settings.emit(BuildFinished(result=result))


def _cancelled(task: BuildTask, settings: RunSettings) -> BuildResult:
    result = BuildResult(identifier=task.build.identifier, status=Status.CANCELLED)
    settings.emit(BuildFinished(result=result))
    return result


def _exit_code(results: tuple[BuildResult, ...], *, is_interrupted: bool) -> int:
    """Return the exit code of an interrupt, or of the first failure."""
    codes = [result.failure.exit_code for result in results if result.failure is not None]
    is_cut_short = is_interrupted and any(result.status in (Status.FAILED, Status.CANCELLED) for result in results)
    if is_cut_short or InterruptedRunError.exit_code in codes:
        return InterruptedRunError.exit_code
    return next(iter(codes), 0)
