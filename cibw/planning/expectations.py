"""Which builds expect the abi3 wheel of another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cibw.config.options import StableAbi
from cibw.model.identifier import BuildIdentifier, Implementation, Interpreter
from cibw.model.plan import Expectation, Job, WheelBuild
from cibw.model.target import Platform, Target


def with_expectations(job: Job, stable_abi: StableAbi | None) -> Job:
    """Let builds expect the wheel of the oldest Python of the job that makes an abi3 one for the same target.

    Older Pythons than that, free-threaded ones and other implementations expect nothing, nor does Pyodide, where
    each Python has a platform of its own.
    """
    if stable_abi is None:
        return job
    makers: dict[Target, BuildIdentifier] = {}
    for identifier in sorted((one.identifier for one in job.builds), key=lambda one: one.interpreter.minor):
        if stable_abi.makes(identifier.interpreter):
            makers.setdefault(identifier.target, identifier)
    return replace(job, builds=tuple(_expecting(build, makers, stable_abi.place) for build in job.builds))


def _expecting(build: WheelBuild, makers: Mapping[Target, BuildIdentifier], place: str) -> WheelBuild:
    maker = makers.get(build.identifier.target)
    if maker is None or not _is_served(build.identifier, maker):
        return build
    return replace(build, expects=Expectation(identifier=maker, reason=f"abi3, by {place}"))


def _is_served(identifier: BuildIdentifier, maker: BuildIdentifier) -> bool:
    if identifier.platform is Platform.PYODIDE:
        return False
    return _may_load_abi3(identifier.interpreter) and identifier.interpreter.minor > maker.interpreter.minor


def _may_load_abi3(interpreter: Interpreter) -> bool:
    return interpreter.implementation is Implementation.CPYTHON and not interpreter.free_threaded
