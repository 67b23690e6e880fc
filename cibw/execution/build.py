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
from cibw.execution.steps import Workbench, check
from cibw.execution.toolchain import advice_for, settled
from cibw.execution.wheels import FinishedWheel, Ledger, Parcel, describe, fetch, waiting_place
from cibw.model.events import Status, WheelFile
from cibw.model.machines import CacheHits, CompilerCache
from cibw.model.plan import Check, Step, StepName, WheelBuild
from cibw.model.templates import COMPILER_CACHE, REPAIRED_DIR, REUSED_DIR, Late, Request
from cibw.untrusted.limits import ArchiveError


def cache_hits(machine: Machine, bindings: Mapping[Late, str], environment: Mapping[str, str]) -> CacheHits | None:
    """Return the hits and misses since the wheel build began, or None if there is no compiler cache."""
    argv = ("sh", COMPILER_CACHE.render(bindings), "count", bindings[Late.WORK])
    request = Request(argv=argv, cwd=bindings[Late.PROJECT], environment=environment)
    words = machine.run(request, _ignore).stdout.split()
    if len(words) != 3:
        return None
    tool, hits, misses = words
    return CacheHits(tool=CompilerCache(tool), hits=int(hits), misses=int(misses))


def _ignore(_text: str, _is_error: bool) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The context of a build: its initial environment, the wheels of the run, and the output directory.

    `restore` copies a wheel of an earlier run into the given directory. `made` is called when the build's wheel
    exists. Then `keep` may save it for later runs, before its tests; after the tests `land` moves it to the output
    directory. `toolchain` is the part of the environment that selects a compiler provided by `cibw`, and `advice`
    is a hint for when it fails. If `has_toolchain` is set, some objects may have been compiled by such a compiler,
    possibly only in before-all. `other_compilers` may replace it.
    """

    base_environment: Mapping[str, str]
    passed: tuple[tuple[str, str], ...]
    job: str
    ledger: Ledger
    output_dir: Path
    made: Callable[[], None]
    land: Callable[[Parcel], object] = lambda parcel: parcel.land()
    restore: Callable[[Path], Parcel | None] = lambda _place: None
    keep: Callable[[Parcel], None] = lambda _parcel: None
    toolchain: Mapping[str, str] = field(default_factory=dict)
    has_toolchain: bool = False
    advice: str = ""
    other_compilers: Others | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The wheel of a build, and its origin: BUILT, REUSED or RESTORED.

    `earlier` is the finished wheel that is reused.
    """

    wheel: WheelFile
    status: Status
    earlier: FinishedWheel | None = None


def run_build(build: WheelBuild, bench: Workbench, site: Site) -> Made:
    """Build a wheel, or use a matching one from this run or the store. Test it and collect it.

    A wheel whose objects have incompatible C++ libraries is built again with other compilers. Raises the error of
    the step that fails. A wheel is moved to the output directory only after its tests.
    """
    try:
        return _run(build, bench, site)
    except MixedRuntimesError as error:
        if site.other_compilers is None:
            raise
        bench.warn(f"{error.message}. The wheel is built again with a shared C++ library.")
        other = site.other_compilers(site.base_environment)
    again = replace(site, base_environment=other.environment, toolchain=other.toolchain, other_compilers=None)
    return _run(build, bench, again)


def _run(build: WheelBuild, bench: Workbench, site: Site) -> Made:
    environment = dict(site.base_environment) | dict(site.passed)
    bench.tell_variables(environment.items())
    with bench.step(build.prepare.name):
        _prepare(build, bench, environment)
        environment = settled(bench.environment(build.environment, environment), site.toolchain)
    earlier = site.ledger.serving(build.identifier, site.job)
    if earlier is not None:
        _take(earlier.path, bench)
        _test(build, bench, environment)
        return Made(wheel=describe(earlier.path, earlier.path.name), status=Status.REUSED, earlier=earlier)
    with waiting_place(site.output_dir) as place:
        stored = site.restore(place)
        parcel = _restored(stored, build, bench, site) if stored else _built(build, bench, site, environment, place)
        _test(build, bench, environment)
        with bench.step(StepName.COLLECT):
            site.land(parcel)
    return Made(wheel=parcel.wheel, status=Status.RESTORED if stored else Status.BUILT)


def _prepare(build: WheelBuild, bench: Workbench, environment: Mapping[str, str]) -> None:
    try:
        bench.perform(build.prepare, environment)
    except CommandFailedError as error:
        raise explain_missing(error, build) from error


def _restored(parcel: Parcel, build: WheelBuild, bench: Workbench, site: Site) -> Parcel:
    _take(parcel.path, bench)
    check(Check.NEW_NAME, bench, lambda name: site.ledger.claim(name, build.identifier))
    site.made()
    bench.warnings.extend(parcel.warnings)
    return parcel


def _built(build: WheelBuild, bench: Workbench, site: Site, environment: Mapping[str, str], place: Path) -> Parcel:
    for step in build.make:
        _make(step, build, bench, site, environment)
    if build.compiler_cache is not CompilerCache.NONE:
        bench.compiler_cache = cache_hits(bench.machine, bench.bindings, environment)
    try:
        parcel = fetch(bench.machine, bench.bindings[Late.WHEEL], place)
        if site.has_toolchain:
            _check_runtimes(parcel.path)
    except CibwError as error:
        error.locate(step=StepName.COLLECT.value)
        raise
    site.made()
    for warning in filter(
        None, (missing_native_file(parcel.path), pure_repair(bench.bindings[Late.BUILT_WHEEL], parcel.path))
    ):
        bench.warn(warning)
    site.keep(replace(parcel, warnings=tuple(bench.warnings)))
    return parcel


def _check_runtimes(wheel: Path) -> None:
    fault = mixed_runtimes(wheel)
    if fault:
        raise MixedRuntimesError(
            f"{wheel.name}: {fault}",
            hint="C++ exceptions, streams and strings cannot pass between them, so the wheel may crash. Build all "
            "objects in the wheel build and none in before-all, or build all of them with one other compiler: "
            'in a container with emulation-toolchain = "image", on the host with a container engine.',
        )


def _make(step: Step, build: WheelBuild, bench: Workbench, site: Site, environment: Mapping[str, str]) -> None:
    if not bench.applies(step):
        return
    with bench.step(step.name):
        try:
            bench.perform(step, environment)
        except CommandFailedError as error:
            if step.name is not StepName.REPAIR or isinstance(error, OutOfMemoryError):
                error.hint = error.hint or advice_for(
                    error.context.last_lines, environment, site.toolchain, site.advice
                )
                raise
            _repair_failed(error, build, bench, environment)
        for obligation in step.checks:
            check(obligation, bench, lambda name: site.ledger.claim(name, build.identifier))


def _repair_failed(
    error: CommandFailedError, build: WheelBuild, bench: Workbench, environment: Mapping[str, str]
) -> None:
    wheel = bench.bindings[Late.BUILT_WHEEL]
    tag = build.platform_tag or environment.get("AUDITWHEEL_PLAT", "")
    # The repair step may have moved or damaged the wheel. Then it cannot be inspected.
    with suppress(FileNotFoundError, ArchiveError):
        if found_no_native_file(error) and pass_unrepaired(bench.machine, wheel, REPAIRED_DIR.render(bench.bindings)):
            return
        explain_repair(error, bench.machine, wheel, tag, environment)
    raise error


def _take(wheel: Path, bench: Workbench) -> None:
    path = f"{REUSED_DIR.render(bench.bindings)}/{wheel.name}"
    bench.machine.put(wheel, path)
    bench.bindings[Late.WHEEL] = path


def _test(build: WheelBuild, bench: Workbench, environment: Mapping[str, str]) -> None:
    scope = dict(environment)
    for number, step in enumerate(build.test):
        with bench.step(step.name):
            bench.perform(step, scope)
            if number == 0:
                scope = bench.environment(build.test_environment, environment)
