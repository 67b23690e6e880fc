"""One build from a waiting task to its result."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cibw.errors import CibwError, DuplicateWheelError, InterruptedRunError
from cibw.execution.build import Made, Site, run_build
from cibw.execution.diagnostics import stray_libraries
from cibw.execution.machine import OpenMachine
from cibw.execution.pool import StageSettings, Task, Tasks, explained
from cibw.execution.steps import Workbench, check, wheel_name
from cibw.execution.store.store import StoredWheel
from cibw.execution.store.wheel_cache import Keeper
from cibw.execution.wheels import FinishedWheel, Ledger, Parcel, describe, waiting_place
from cibw.model.events import BuildResult, BuildStarted, Event, Status, WheelFile, failure_of
from cibw.model.identifiers import Platform
from cibw.model.plan import Check, WheelBuild
from cibw.model.templates import Late
from cibw.untrusted.limits import ArchiveError
from cibw.untrusted.zips import check_wheel

# Restores wheels from the store before any machine is opened.

Finish = Callable[[Task, BuildResult], None]


def restored(keeper: Keeper, task: Task, place: Path) -> Parcel | None:
    """Copy the stored wheel of a build into a staging directory, if an earlier run has made it."""
    stored = keeper.take(task.stage.job, task.build, place)
    if stored is None:
        return None
    try:
        check_wheel(place / stored.filename)
    except ArchiveError:
        # It was stored before wheels were checked. The newly built wheel replaces it.
        return None
    wheel = WheelFile(filename=stored.filename, size=stored.size, sha256=stored.sha256)
    return Parcel(path=place / stored.filename, wheel=wheel, warnings=stored.warnings)


class Restorer:
    """Finishes builds whose wheels have been built and tested by an earlier run."""

    def __init__(self, keeper: Keeper, ledger: Ledger, output_dir: Path, finish: Finish) -> None:
        self._keeper = keeper
        self._ledger = ledger
        self._output_dir = output_dir
        self._finish = finish

    def restore(self, task: Task) -> bool:
        """Put a build's stored wheel into the output directory. Return False if it must be built or tested."""
        # If the output directory is not writable, the build itself reports the error.
        with suppress(OSError):
            return self._restore(task)
        return False

    def _restore(self, task: Task) -> bool:
        started = time.monotonic()
        job, build = task.stage.job, task.build
        found = self._keeper.find(job, build)
        if found is None or not self._keeper.has_passed(job, build, found.sha256):
            return False
        if self._ledger.serving(build.identifier, job.name):
            return False
        with waiting_place(self._output_dir) as place:
            parcel = restored(self._keeper, task, place)
            if parcel is None or not self._ledger.claim(parcel.wheel.filename, build.identifier):
                return False
            self._ledger.add(parcel.land(), job.name, build.identifier)
        task.maker = build.identifier
        self._end(task, Status.RESTORED, parcel, started)
        return True

    def reuse(self, task: Task) -> bool:
        """Reuse a wheel of this run for a build if its tests have passed with it before."""
        started = time.monotonic()
        job, build = task.stage.job, task.build
        earlier = self._ledger.serving(build.identifier, job.name)
        if earlier is None:
            return False
        wheel = describe(earlier.path, earlier.path.name)
        if not self._keeper.has_passed(job, build, wheel.sha256):
            return False
        task.maker = earlier.maker
        self._end(task, Status.REUSED, Parcel(path=earlier.path, wheel=wheel), started)
        return True

    def _end(self, task: Task, status: Status, parcel: Parcel, started: float) -> None:
        build = task.build
        result = BuildResult(
            identifier=build.identifier,
            status=status,
            seconds=time.monotonic() - started,
            wheel=parcel.wheel,
            tested=bool(build.test),
            untested=build.untested,
            warnings=parcel.warnings,
        )
        self._finish(task, result)


# Runs one build from a waiting task to its result.


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What all workers of a run share."""

    stages: StageSettings
    emit: Callable[[Event], None]
    tasks: Tasks
    ledger: Ledger
    output_dir: Path
    log_file: Callable[[str], str]
    keeper: Keeper


def work(task: Task, shop: Shop) -> BuildResult:
    """Run a build on a machine of its job. Errors become part of the result."""
    try:
        opened = task.stage.take()
    except (CibwError, OSError) as caught:
        error, job = explained(caught), task.stage.name
        error.locate(identifier=job, log_file=shop.log_file(job))
        return BuildResult(identifier=task.build.identifier, status=Status.FAILED, failure=failure_of(error))
    shop.emit(BuildStarted(identifier=task.build.identifier))
    attempt = _Attempt(task.build, opened, shop)
    try:
        result = attempt.run(task)
    except (CibwError, OSError) as caught:
        if task.superseded:
            return _again(task, shop)
        error = explained(caught)
        if not isinstance(error, InterruptedRunError):
            _release(task, opened, attempt.work_dir, shop.tasks)
        if isinstance(error, DuplicateWheelError) and attempt.may_reuse_namesake(task.stage.name):
            return work(task, shop)
        return attempt.failed(error)
    _release(task, opened, attempt.work_dir, shop.tasks)
    return result


def foresee(task: Task) -> None:
    """Prepare a machine for a task that cannot start yet.

    Errors are ignored, because the task itself will report them.
    """
    with suppress(CibwError, OSError):
        task.stage.give_back(task.stage.take())


def _again(task: Task, shop: Shop) -> BuildResult:
    # The machine has been stopped. The finished wheel is tested on another one.
    task.superseded = False
    return work(task, shop)


def _release(task: Task, opened: OpenMachine, work_dir: str, tasks: Tasks) -> None:
    """Return the machine for the next build, unless it is lost or was stopped just as the build ended."""
    with suppress(CibwError, OSError):
        # After the last build the machine itself is cleaned up with its contents.
        if not tasks.is_over:
            opened.machine.remove(work_dir)
        if not task.superseded:
            task.stage.give_back(opened)


class _Attempt:
    """One attempt at a build, on one machine."""

    def __init__(self, build: WheelBuild, opened: OpenMachine, shop: Shop) -> None:
        self.work_dir = f"{opened.work_dir}/{build.identifier}"
        self._build = build
        self._opened = opened
        self._shop = shop
        self._started = time.monotonic()
        own = {Late.PROJECT: f"{self.work_dir}/project"}
        bindings = {**own, **opened.bindings, Late.WORK: self.work_dir}
        self._bench = Workbench(opened.machine, str(build.identifier), bindings, shop.emit, fetcher=opened.fetcher)
        self._bench.project = shop.stages.project

    def run(self, task: Task) -> BuildResult:
        """Build and record the wheel. Raise the error of the step that fails."""
        shop = self._shop
        site = Site(
            base_environment=shop.stages.environment(self._opened, shop.tasks.side_by_side(shop.stages.builds)),
            passed=shop.stages.passed(self._build.environment_pass),
            job=task.stage.name,
            ledger=shop.ledger,
            output_dir=shop.output_dir,
            made=lambda: self._made(task),
            land=lambda parcel: self._land(task, parcel),
            restore=lambda place: restored(shop.keeper, task, place),
            keep=lambda parcel: self._keep(task, parcel),
            toolchain=self._opened.toolchain,
            has_toolchain=bool(self._opened.toolchain),
            advice=self._opened.advice,
            other_compilers=self._opened.other_compilers,
        )
        shop.tasks.begin(task, reuses=shop.ledger.serving(self._build.identifier, task.stage.name) is not None)
        shop.tasks.begin_making(task, self._opened)
        try:
            made = run_build(self._build, self._bench, site)
        except BaseException:
            # Another build may be waiting for this wheel.
            shop.ledger.give_up(self._build.identifier)
            raise
        finally:
            shop.tasks.begin_making(task, None)
        shop.keeper.pass_tests(task.stage.job, self._build, made.wheel.sha256)
        if made.earlier is not None:
            self._reuse(task, made.earlier)
        return self._succeeded(made)

    def _made(self, task: Task) -> None:
        """Record that the wheel exists. From now on, only the wheel of an earlier build can replace it."""
        if wheel_name(self._bench.bindings[Late.WHEEL]).is_for_several:
            self._shop.tasks.wait_for_earlier(task)
            if task.superseded:
                raise InterruptedRunError("The wheel of an earlier build is used instead.")
        self._shop.tasks.begin_making(task, None)

    def _land(self, task: Task, parcel: Parcel) -> None:
        """Put the wheel into the output directory, and withdraw wheels of later builds that it replaces."""
        shop, own, job = self._shop, self._build.identifier, task.stage.name
        with shop.ledger.settling():
            if shop.ledger.serving(own, job) is not None:
                raise DuplicateWheelError(
                    f"{parcel.wheel.filename} is not needed because the wheel of an earlier build is used."
                )
            check(Check.NEW_NAME, self._bench, lambda name: shop.ledger.claim(name, own))
            wheel = shop.ledger.add(parcel.land(), job, own)
            task.maker = own
            for maker in shop.tasks.revoke(task, lambda other: self._is_stale(other, task, wheel)):
                shop.ledger.withdraw(maker)
        shop.tasks.supersede(task, lambda other: wheel.name.serves(other.identifier))

    def _is_stale(self, other: Task, task: Task, wheel: FinishedWheel) -> bool:
        """Return whether a later build uses another wheel than it would use after this build."""
        identifier, maker = other.build.identifier, other.maker
        if other.stage is task.stage and wheel.name.serves(identifier):
            return maker is not None and self._shop.ledger.is_earlier(self._build.identifier, maker)
        return maker == identifier and self._shop.ledger.has_named(identifier, wheel.path.name)

    def _reuse(self, task: Task, earlier: FinishedWheel) -> None:
        """Record that a finished wheel is reused, unless it was withdrawn while its tests ran."""
        with self._shop.ledger.settling():
            if self._shop.ledger.serving(self._build.identifier, task.stage.name) is not earlier:
                raise DuplicateWheelError(f"{earlier.path.name} was replaced by the wheel of an earlier build.")
            task.maker = earlier.maker

    def _keep(self, task: Task, parcel: Parcel) -> None:
        entry = StoredWheel(
            filename=parcel.wheel.filename,
            size=parcel.wheel.size,
            sha256=parcel.wheel.sha256,
            seconds=time.monotonic() - self._started,
            warnings=parcel.warnings,
        )
        self._shop.keeper.keep(task.stage.job, self._build, parcel.path, entry)

    def may_reuse_namesake(self, job: str) -> bool:
        """Wait for the build that claimed this wheel's name.

        Return whether its wheel can be reused or the name is free.
        """
        if self._shop.ledger.serving(self._build.identifier, job) is not None:
            return True
        name = wheel_name(self._bench.bindings[Late.WHEEL])
        if not name.serves(self._build.identifier):
            return False
        is_free = self._shop.ledger.wait_for(name.filename)
        return is_free or self._shop.ledger.serving(self._build.identifier, job) is not None

    def failed(self, error: CibwError) -> BuildResult:
        """Return the result of a build that failed with an error."""
        scope = str(self._build.identifier)
        if self._build.identifier.platform is Platform.LINUX and not isinstance(error, InterruptedRunError):
            stray = stray_libraries(error, self._shop.stages.source.files)
            error.hint = "\n".join(filter(None, (error.hint, stray)))
        error.locate(identifier=scope, log_file=self._shop.log_file(scope))
        return BuildResult(
            identifier=self._build.identifier,
            status=Status.FAILED,
            seconds=time.monotonic() - self._started,
            steps=tuple(self._bench.times),
            warnings=tuple(self._bench.warnings),
            failure=failure_of(error),
            log_file=self._shop.log_file(scope),
        )

    def _succeeded(self, made: Made) -> BuildResult:
        return BuildResult(
            identifier=self._build.identifier,
            status=made.status,
            seconds=time.monotonic() - self._started,
            wheel=made.wheel,
            tested=bool(self._build.test),
            untested=self._build.untested,
            compiler_cache=self._bench.compiler_cache,
            steps=tuple(self._bench.times),
            warnings=tuple(self._bench.warnings),
            log_file=self._shop.log_file(str(self._build.identifier)),
        )
