"""One build from a waiting task to its result."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cibw.errors import CibwError, DuplicateWheelError, InterruptedRunError
from cibw.execution.build import BuildContext, BuiltWheel, run_build
from cibw.execution.diagnostics import stray_libraries
from cibw.execution.machine import MachineSession
from cibw.execution.pool import BuildQueue, BuildTask, PoolSettings, explained
from cibw.execution.steps import StepRunner, check, wheel_name
from cibw.execution.store.store import StoredWheel
from cibw.execution.store.wheel_cache import WheelCache
from cibw.execution.wheels import FinishedWheel, FinishedWheels, StagedWheel, describe, waiting_place
from cibw.model.events import BuildResult, BuildStarted, Event, Status, WheelFile, failure_of
from cibw.model.identifiers import Platform
from cibw.model.plan import Check, WheelBuild
from cibw.model.templates import Placeholder
from cibw.untrusted.limits import ArchiveError
from cibw.untrusted.zips import check_wheel

# Restores wheels from the store before any machine is opened.

Finish = Callable[[BuildTask, BuildResult], None]


def restored(wheel_cache: WheelCache, task: BuildTask, place: Path) -> StagedWheel | None:
    """Copy the stored wheel of a build into a staging directory, if an earlier run has made it."""
    stored = wheel_cache.take(task.pool.job, task.build, place)
    if stored is None:
        return None
    try:
        check_wheel(place / stored.filename)
    except ArchiveError:
        # It was stored before wheels were checked. The newly built wheel replaces it.
        return None
    wheel = WheelFile(filename=stored.filename, size=stored.size, sha256=stored.sha256)
    return StagedWheel(path=place / stored.filename, wheel=wheel, warnings=stored.warnings)


class Restorer:
    """Finishes builds whose wheels have been built and tested by an earlier run."""

    def __init__(
        self, wheel_cache: WheelCache, finished_wheels: FinishedWheels, output_dir: Path, finish: Finish
    ) -> None:
        self._wheel_cache = wheel_cache
        self._finished_wheels = finished_wheels
        self._output_dir = output_dir
        self._finish = finish

    def restore(self, task: BuildTask) -> bool:
        """Put a build's stored wheel into the output directory. Return False if it must be built or tested."""
        # If the output directory is not writable, the build itself reports the error.
        with suppress(OSError):
            return self._restore(task)
        return False

    def _restore(self, task: BuildTask) -> bool:
        started = time.monotonic()
        job, build = task.pool.job, task.build
        found = self._wheel_cache.find(job, build)
        if found is None or not self._wheel_cache.has_passed(job, build, found.sha256):
            return False
        if self._finished_wheels.serving(build.identifier, job.name):
            return False
        with waiting_place(self._output_dir) as place:
            staged = restored(self._wheel_cache, task, place)
            if staged is None or not self._finished_wheels.claim(staged.wheel.filename, build.identifier):
                return False
            self._finished_wheels.add(staged.commit(), job.name, build.identifier)
        task.maker = build.identifier
        self._end(task, Status.RESTORED, staged, started)
        return True

    def reuse(self, task: BuildTask) -> bool:
        """Reuse a wheel of this run for a build if its tests have passed with it before."""
        started = time.monotonic()
        job, build = task.pool.job, task.build
        earlier = self._finished_wheels.serving(build.identifier, job.name)
        if earlier is None:
            return False
        wheel = describe(earlier.path, earlier.path.name)
        if not self._wheel_cache.has_passed(job, build, wheel.sha256):
            return False
        task.maker = earlier.maker
        self._end(task, Status.REUSED, StagedWheel(path=earlier.path, wheel=wheel), started)
        return True

    def _end(self, task: BuildTask, status: Status, staged: StagedWheel, started: float) -> None:
        build = task.build
        result = BuildResult(
            identifier=build.identifier,
            status=status,
            seconds=time.monotonic() - started,
            wheel=staged.wheel,
            tested=bool(build.test),
            untested=build.untested,
            warnings=staged.warnings,
        )
        self._finish(task, result)


# Runs one build from a waiting task to its result.


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What all workers of a run share."""

    pools: PoolSettings
    emit: Callable[[Event], None]
    queue: BuildQueue
    finished_wheels: FinishedWheels
    output_dir: Path
    log_file: Callable[[str], str]
    wheel_cache: WheelCache


def work(task: BuildTask, run_context: RunContext) -> BuildResult:
    """Run a build on a machine of its job. Errors become part of the result."""
    try:
        session = task.pool.take()
    except (CibwError, OSError) as caught:
        error, job = explained(caught), task.pool.name
        error.locate(identifier=job, log_file=run_context.log_file(job))
        return BuildResult(identifier=task.build.identifier, status=Status.FAILED, failure=failure_of(error))
    run_context.emit(BuildStarted(identifier=task.build.identifier))
    attempt = _Attempt(task.build, session, run_context)
    try:
        result = attempt.run(task)
    except (CibwError, OSError) as caught:
        if task.superseded:
            return _again(task, run_context)
        error = explained(caught)
        if not isinstance(error, InterruptedRunError):
            _release(task, session, attempt.work_dir, run_context.queue)
        if isinstance(error, DuplicateWheelError) and attempt.may_reuse_namesake(task.pool.name):
            return work(task, run_context)
        return attempt.failed(error)
    _release(task, session, attempt.work_dir, run_context.queue)
    return result


def prewarm(task: BuildTask) -> None:
    """Prepare a machine for a task that cannot start yet.

    Errors are ignored, because the task itself will report them.
    """
    with suppress(CibwError, OSError):
        task.pool.give_back(task.pool.take())


def _again(task: BuildTask, run_context: RunContext) -> BuildResult:
    # The machine has been stopped. The finished wheel is tested on another one.
    task.superseded = False
    return work(task, run_context)


def _release(task: BuildTask, session: MachineSession, work_dir: str, queue: BuildQueue) -> None:
    """Return the machine for the next build, unless it is lost or was stopped just as the build ended."""
    with suppress(CibwError, OSError):
        # After the last build the machine itself is cleaned up with its contents.
        if not queue.is_over:
            session.machine.remove(work_dir)
        if not task.superseded:
            task.pool.give_back(session)


class _Attempt:
    """One attempt at a build, on one machine."""

    def __init__(self, build: WheelBuild, session: MachineSession, run_context: RunContext) -> None:
        self.work_dir = f"{session.work_dir}/{build.identifier}"
        self._build = build
        self._session = session
        self._run_context = run_context
        self._started = time.monotonic()
        own = {Placeholder.PROJECT: f"{self.work_dir}/project"}
        bindings = {**own, **session.bindings, Placeholder.WORK: self.work_dir}
        self._runner = StepRunner(
            session.machine, str(build.identifier), bindings, run_context.emit, fetcher=session.fetcher
        )
        self._runner.project = run_context.pools.project

    def run(self, task: BuildTask) -> BuildResult:
        """Build and record the wheel. Raise the error of the step that fails."""
        run_context = self._run_context
        context = BuildContext(
            base_environment=run_context.pools.environment(
                self._session, run_context.queue.side_by_side(run_context.pools.builds)
            ),
            passed=run_context.pools.passed(self._build.environment_pass),
            job=task.pool.name,
            finished_wheels=run_context.finished_wheels,
            output_dir=run_context.output_dir,
            made=lambda: self._made(task),
            commit=lambda staged: self._commit(task, staged),
            restore=lambda place: restored(run_context.wheel_cache, task, place),
            keep=lambda staged: self._keep(task, staged),
            toolchain=self._session.toolchain,
            has_toolchain=bool(self._session.toolchain),
            advice=self._session.advice,
            other_compilers=self._session.other_compilers,
        )
        run_context.queue.begin(
            task, reuses=run_context.finished_wheels.serving(self._build.identifier, task.pool.name) is not None
        )
        run_context.queue.begin_making(task, self._session)
        try:
            made = run_build(self._build, self._runner, context)
        except BaseException:
            # Another build may be waiting for this wheel.
            run_context.finished_wheels.give_up(self._build.identifier)
            raise
        finally:
            run_context.queue.begin_making(task, None)
        run_context.wheel_cache.pass_tests(task.pool.job, self._build, made.wheel.sha256)
        if made.earlier is not None:
            self._reuse(task, made.earlier)
        return self._succeeded(made)

    def _made(self, task: BuildTask) -> None:
        """Record that the wheel exists. From now on, only the wheel of an earlier build can replace it."""
        if wheel_name(self._runner.bindings[Placeholder.WHEEL]).is_for_several:
            self._run_context.queue.wait_for_earlier(task)
            if task.superseded:
                raise InterruptedRunError("The wheel of an earlier build is used instead.")
        self._run_context.queue.begin_making(task, None)

    def _commit(self, task: BuildTask, staged: StagedWheel) -> None:
        """Put the wheel into the output directory, and withdraw wheels of later builds that it replaces."""
        run_context, own, job = self._run_context, self._build.identifier, task.pool.name
        with run_context.finished_wheels.settling():
            if run_context.finished_wheels.serving(own, job) is not None:
                raise DuplicateWheelError(
                    f"{staged.wheel.filename} is not needed because the wheel of an earlier build is used."
                )
            check(Check.NEW_NAME, self._runner, lambda name: run_context.finished_wheels.claim(name, own))
            wheel = run_context.finished_wheels.add(staged.commit(), job, own)
            task.maker = own
            for maker in run_context.queue.revoke(task, lambda other: self._is_stale(other, task, wheel)):
                run_context.finished_wheels.withdraw(maker)
        run_context.queue.supersede(task, lambda other: wheel.name.serves(other.identifier))

    def _is_stale(self, other: BuildTask, task: BuildTask, wheel: FinishedWheel) -> bool:
        """Return whether a later build uses another wheel than it would use after this build."""
        identifier, maker = other.build.identifier, other.maker
        if other.pool is task.pool and wheel.name.serves(identifier):
            return maker is not None and self._run_context.finished_wheels.is_earlier(self._build.identifier, maker)
        return maker == identifier and self._run_context.finished_wheels.has_named(identifier, wheel.path.name)

    def _reuse(self, task: BuildTask, earlier: FinishedWheel) -> None:
        """Record that a finished wheel is reused, unless it was withdrawn while its tests ran."""
        with self._run_context.finished_wheels.settling():
            if self._run_context.finished_wheels.serving(self._build.identifier, task.pool.name) is not earlier:
                raise DuplicateWheelError(f"{earlier.path.name} was replaced by the wheel of an earlier build.")
            task.maker = earlier.maker

    def _keep(self, task: BuildTask, staged: StagedWheel) -> None:
        entry = StoredWheel(
            filename=staged.wheel.filename,
            size=staged.wheel.size,
            sha256=staged.wheel.sha256,
            seconds=time.monotonic() - self._started,
            warnings=staged.warnings,
        )
        self._run_context.wheel_cache.keep(task.pool.job, self._build, staged.path, entry)

    def may_reuse_namesake(self, job: str) -> bool:
        """Wait for the build that claimed this wheel's name.

        Return whether its wheel can be reused or the name is free.
        """
        if self._run_context.finished_wheels.serving(self._build.identifier, job) is not None:
            return True
        name = wheel_name(self._runner.bindings[Placeholder.WHEEL])
        if not name.serves(self._build.identifier):
            return False
        is_free = self._run_context.finished_wheels.wait_for(name.filename)
        return is_free or self._run_context.finished_wheels.serving(self._build.identifier, job) is not None

    def failed(self, error: CibwError) -> BuildResult:
        """Return the result of a build that failed with an error."""
        scope = str(self._build.identifier)
        if self._build.identifier.platform is Platform.LINUX and not isinstance(error, InterruptedRunError):
            stray = stray_libraries(error, self._run_context.pools.source.files)
            error.hint = "\n".join(filter(None, (error.hint, stray)))
        error.locate(identifier=scope, log_file=self._run_context.log_file(scope))
        return BuildResult(
            identifier=self._build.identifier,
            status=Status.FAILED,
            seconds=time.monotonic() - self._started,
            steps=tuple(self._runner.times),
            warnings=tuple(self._runner.warnings),
            failure=failure_of(error),
            log_file=self._run_context.log_file(scope),
        )

    def _succeeded(self, made: BuiltWheel) -> BuildResult:
        return BuildResult(
            identifier=self._build.identifier,
            status=made.status,
            seconds=time.monotonic() - self._started,
            wheel=made.wheel,
            tested=bool(self._build.test),
            untested=self._build.untested,
            compiler_cache=self._runner.compiler_cache,
            steps=tuple(self._runner.times),
            warnings=tuple(self._runner.warnings),
            log_file=self._run_context.log_file(str(self._build.identifier)),
        )
