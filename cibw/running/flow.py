"""The flow of one build, the same for every platform and machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from cibw.errors import CommandFailedError
from cibw.model.events import WheelFile
from cibw.model.layout import REPAIRED_DIR, REUSED_DIR
from cibw.model.plan import Step, StepName, WheelBuild
from cibw.model.template import Late
from cibw.running.checks import check
from cibw.running.collect import collect, describe
from cibw.running.diagnose import explain_repair, found_no_native_file, missing_native_file, pass_unrepaired
from cibw.running.ledger import FinishedWheel, Ledger
from cibw.running.workbench import Workbench


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a build finds: the environment it starts from, the run's wheels, where wheels go.

    `made` is called when the wheel of the build is there, so that nothing can make it needless any more.
    """

    base_environment: Mapping[str, str]
    passed: tuple[tuple[str, str], ...]
    job: str
    ledger: Ledger
    output_dir: Path
    made: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The wheel that serves a build, and whether an earlier build had made it."""

    wheel: WheelFile
    reused: bool


def run_build(build: WheelBuild, bench: Workbench, site: Site) -> Made:
    """Make a wheel, or take one of this run that serves; test it; collect it.

    Raises the error of the step that fails. A wheel reaches the output directory only after its tests.
    """
    environment = dict(site.base_environment) | dict(site.passed)
    with bench.step(build.prepare.name):
        bench.perform(build.prepare, environment)
        environment = bench.environment(build.environment, environment)
    earlier = site.ledger.serving(build.identifier, site.job)
    if earlier is None:
        for step in build.make:
            _make(step, build, bench, site, environment)
        site.made()
    else:
        _take(earlier, bench)
    _test(build, bench, environment)
    if earlier is not None:
        return Made(wheel=describe(earlier.path, earlier.path.name), reused=True)
    with bench.step(StepName.COLLECT):
        return Made(wheel=_collect(bench, site), reused=False)


def _make(step: Step, build: WheelBuild, bench: Workbench, site: Site, environment: Mapping[str, str]) -> None:
    if not bench.applies(step):
        return
    with bench.step(step.name):
        try:
            bench.perform(step, environment)
        except CommandFailedError as error:
            if step.name is not StepName.REPAIR:
                raise
            _repair_failed(error, build, bench, environment)
        for obligation in step.checks:
            check(obligation, bench, lambda name: site.ledger.claim(name, build.identifier))


def _repair_failed(
    error: CommandFailedError, build: WheelBuild, bench: Workbench, environment: Mapping[str, str]
) -> None:
    wheel = bench.bindings[Late.BUILT_WHEEL]
    tag = build.platform_tag or environment.get("AUDITWHEEL_PLAT", "")
    # A repair may have moved or spoilt the wheel; then there is nothing to look into.
    with suppress(FileNotFoundError, BadZipFile):
        if found_no_native_file(error) and pass_unrepaired(bench.machine, wheel, REPAIRED_DIR.render(bench.bindings)):
            return
        explain_repair(error, bench.machine, wheel, tag, environment)
    raise error


def _take(earlier: FinishedWheel, bench: Workbench) -> None:
    path = f"{REUSED_DIR.render(bench.bindings)}/{earlier.path.name}"
    bench.machine.put(earlier.path, path)
    bench.bindings[Late.WHEEL] = path


def _test(build: WheelBuild, bench: Workbench, environment: Mapping[str, str]) -> None:
    scope = dict(environment)
    for number, step in enumerate(build.test):
        with bench.step(step.name):
            bench.perform(step, scope)
            if number == 0:
                scope = bench.environment(build.test_environment, environment)


def _collect(bench: Workbench, site: Site) -> WheelFile:
    wheel = collect(bench.machine, bench.bindings[Late.WHEEL], site.output_dir)
    warning = missing_native_file(site.output_dir / wheel.filename)
    if warning:
        bench.warn(warning)
    return wheel
