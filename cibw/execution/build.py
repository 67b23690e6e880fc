"""The flow of one build, the same for every platform and machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from cibw.errors import CibwError, CommandFailedError, MixedRuntimesError, OutOfMemoryError
from cibw.execution.before_all import explain_missing
from cibw.execution.diagnostics import (
    explain_repair,
    found_no_native_file,
    missing_native_file,
    mixed_runtimes,
    pass_unrepaired,
    pure_repair,
)
from cibw.execution.machine import Machine, Others
from cibw.execution.steps import StepRunner, check
from cibw.execution.toolchain import advice_for, settled
from cibw.execution.wheels import FinishedWheel, FinishedWheels, StagedWheel, describe, fetch, waiting_place
from cibw.model.events import Status, WheelFile
from cibw.model.machines import CacheHits, CompilerCache
from cibw.model.plan import Check, Step, StepName, WheelBuild
from cibw.model.templates import COMPILER_CACHE, REPAIRED_DIR, REUSED_DIR, CommandRequest, Placeholder
from cibw.untrusted.limits import ArchiveError


def cache_hits(
    machine: Machine, bindings: Mapping[Placeholder, str], environment: Mapping[str, str]
) -> CacheHits | None:
    """Return the hits and misses since the wheel build began, or None if there is no compiler cache."""
    argv = ("sh", COMPILER_CACHE.render(bindings), "count", bindings[Placeholder.WORK])
    request = CommandRequest(argv=argv, cwd=bindings[Placeholder.PROJECT], environment=environment)
    words = machine.run(request, _ignore).stdout.split()
    if len(words) != 3:
        return None
    tool, hits, misses = words
    return CacheHits(tool=CompilerCache(tool), hits=int(hits), misses=int(misses))


def _ignore(_text: str, _is_error: bool) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """The context of a build: its initial environment, the wheels of the run, and the output directory.

    `restore` copies a wheel of an earlier run into the given directory. `made` is called when the build's wheel
    exists. Then `keep` may save it for later runs, before its tests; after the tests `commit` moves it to the output
    directory. `toolchain` is the part of the environment that selects a compiler provided by `cibw`, and `advice`
    is a hint for when it fails. If `has_toolchain` is set, some objects may have been compiled by such a compiler,
    possibly only in before-all. `other_compilers` may replace it.
    """

    base_environment: Mapping[str, str]
    passed: tuple[tuple[str, str], ...]
    job: str
    finished_wheels: FinishedWheels
    output_dir: Path
    made: Callable[[], None]
    commit: Callable[[StagedWheel], object] = lambda staged: staged.commit()
    restore: Callable[[Path], StagedWheel | None] = lambda _place: None
    keep: Callable[[StagedWheel], None] = lambda _staged: None
    toolchain: Mapping[str, str] = field(default_factory=dict)
    has_toolchain: bool = False
    advice: str = ""
    other_compilers: Others | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltWheel:
    """The wheel of a build, and its origin: BUILT, REUSED or RESTORED.

    `earlier` is the finished wheel that is reused.
    """

    wheel: WheelFile
    status: Status
    earlier: FinishedWheel | None = None


def run_build(build: WheelBuild, runner: StepRunner, context: BuildContext) -> BuiltWheel:
    """Build a wheel, or use a matching one from this run or the store. Test it and collect it.

    A wheel whose objects have incompatible C++ libraries is built again with other compilers. Raises the error of
    the step that fails. A wheel is moved to the output directory only after its tests.
    """
    try:
        return _run(build, runner, context)
    except MixedRuntimesError as error:
        if context.other_compilers is None:
            raise
        runner.warn(f"{error.message}. The wheel is built again with a shared C++ library.")
        other = context.other_compilers(context.base_environment)
    again = replace(context, base_environment=other.environment, toolchain=other.toolchain, other_compilers=None)
    return _run(build, runner, again)


def _run(build: WheelBuild, runner: StepRunner, context: BuildContext) -> BuiltWheel:
    environment = dict(context.base_environment) | dict(context.passed)
    runner.tell_variables(environment.items())
    with runner.step(build.prepare.name):
        _prepare(build, runner, environment)
        environment = settled(runner.environment(build.environment, environment), context.toolchain)
    earlier = context.finished_wheels.serving(build.identifier, context.job)
    if earlier is not None:
        _take(earlier.path, runner)
        _test(build, runner, environment)
        return BuiltWheel(wheel=describe(earlier.path, earlier.path.name), status=Status.REUSED, earlier=earlier)
    with waiting_place(context.output_dir) as place:
        stored = context.restore(place)
        staged = (
            _restored(stored, build, runner, context) if stored else _built(build, runner, context, environment, place)
        )
        _test(build, runner, environment)
        with runner.step(StepName.COLLECT):
            context.commit(staged)
    return BuiltWheel(wheel=staged.wheel, status=Status.RESTORED if stored else Status.BUILT)


def _prepare(build: WheelBuild, runner: StepRunner, environment: Mapping[str, str]) -> None:
    try:
        runner.perform(build.prepare, environment)
    except CommandFailedError as error:
        raise explain_missing(error, build) from error


def _restored(staged: StagedWheel, build: WheelBuild, runner: StepRunner, context: BuildContext) -> StagedWheel:
    _take(staged.path, runner)
    check(Check.NEW_NAME, runner, lambda name: context.finished_wheels.claim(name, build.identifier))
    context.made()
    runner.warnings.extend(staged.warnings)
    return staged


def _built(
    build: WheelBuild, runner: StepRunner, context: BuildContext, environment: Mapping[str, str], place: Path
) -> StagedWheel:
    for step in build.make:
        _make(step, build, runner, context, environment)
    if build.compiler_cache is not CompilerCache.NONE:
        runner.compiler_cache = cache_hits(runner.machine, runner.bindings, environment)
    try:
        staged = fetch(runner.machine, runner.bindings[Placeholder.WHEEL], place)
        if context.has_toolchain:
            _check_runtimes(staged.path)
    except CibwError as error:
        error.locate(step=StepName.COLLECT.value)
        raise
    context.made()
    for warning in filter(
        None, (missing_native_file(staged.path), pure_repair(runner.bindings[Placeholder.BUILT_WHEEL], staged.path))
    ):
        runner.warn(warning)
    context.keep(replace(staged, warnings=tuple(runner.warnings)))
    return staged


def _check_runtimes(wheel: Path) -> None:
    fault = mixed_runtimes(wheel)
    if fault:
        raise MixedRuntimesError(
            f"{wheel.name}: {fault}",
            hint="C++ exceptions, streams and strings cannot pass between them, so the wheel may crash. Build all "
            "objects in the wheel build and none in before-all, or build all of them with one other compiler: "
            'in a container with emulation-toolchain = "image", on the host with a container engine.',
        )


def _make(
    step: Step, build: WheelBuild, runner: StepRunner, context: BuildContext, environment: Mapping[str, str]
) -> None:
    if not runner.applies(step):
        return
    with runner.step(step.name):
        try:
            runner.perform(step, environment)
        except CommandFailedError as error:
            if step.name is not StepName.REPAIR or isinstance(error, OutOfMemoryError):
                error.hint = error.hint or advice_for(
                    error.context.last_lines, environment, context.toolchain, context.advice
                )
                raise
            _repair_failed(error, build, runner, environment)
        for obligation in step.checks:
            check(obligation, runner, lambda name: context.finished_wheels.claim(name, build.identifier))


def _repair_failed(
    error: CommandFailedError, build: WheelBuild, runner: StepRunner, environment: Mapping[str, str]
) -> None:
    wheel = runner.bindings[Placeholder.BUILT_WHEEL]
    tag = build.platform_tag or environment.get("AUDITWHEEL_PLAT", "")
    # The repair step may have moved or damaged the wheel. Then it cannot be inspected.
    with suppress(FileNotFoundError, ArchiveError):
        if found_no_native_file(error) and pass_unrepaired(runner.machine, wheel, REPAIRED_DIR.render(runner.bindings)):
            return
        explain_repair(error, runner.machine, wheel, tag, environment)
    raise error


def _take(wheel: Path, runner: StepRunner) -> None:
    path = f"{REUSED_DIR.render(runner.bindings)}/{wheel.name}"
    runner.machine.put(wheel, path)
    runner.bindings[Placeholder.WHEEL] = path


def _test(build: WheelBuild, runner: StepRunner, environment: Mapping[str, str]) -> None:
    scope = dict(environment)
    for number, step in enumerate(build.test):
        with runner.step(step.name):
            runner.perform(step, scope)
            if number == 0:
                scope = runner.environment(build.test_environment, environment)
