"""Builds that expect to reuse the abi3 wheel of another build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cibw.config.options import StableAbi
from cibw.model.identifier import BuildIdentifier, Implementation
from cibw.model.plan import Expectation, Job, WheelBuild
from cibw.model.target import Platform, Target

_FIRST_WITH_ABI3T = 15


def with_expectations(job: Job, stable_abi: StableAbi | None) -> Job:
    """Let builds expect the wheel of the oldest Python in the job that builds an abi3 wheel for the same target.

    Older Pythons and other implementations expect nothing, and neither does Pyodide, where each Python has its own
    platform. A free-threaded Python expects the wheel of a Python that can build it for both ABIs (PEP 803).
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
    interpreter, minor = identifier.interpreter, maker.interpreter.minor
    if interpreter.implementation is not Implementation.CPYTHON:
        return False
    if interpreter.free_threaded:
        return _FIRST_WITH_ABI3T <= minor <= interpreter.minor
    return interpreter.minor > minor
