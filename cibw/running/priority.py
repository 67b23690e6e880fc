"""Starts the slowest builds first, so that none is left running alone at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from statistics import fmean

from cibw.model.events import BuildResult, Status
from cibw.model.identifier import BuildIdentifier
from cibw.model.images import ContainerSpec, MachineSpec
from cibw.model.plan import Plan, WheelBuild
from cibw.running.emulation import Processor, is_native

Rank = Callable[[WheelBuild], float]


def slowest_first(plan: Plan, earlier: Iterable[BuildResult], host: Processor) -> Rank:
    """Rank builds by their duration in an earlier run.

    A build without a duration counts as average, or as the slowest if its architecture is emulated. So without any
    durations the emulated builds start first. The duration of a build includes the longest of the builds that wait
    for its wheel.
    """
    seconds = {result.identifier: result.seconds for result in earlier if result.status is Status.BUILT}
    usual = fmean(seconds.values()) if seconds else 1.0
    unknown = {
        build.identifier: inf if _is_emulated(job.machine, host) else usual for job in plan.jobs for build in job.builds
    }
    alone = {**unknown, **seconds}
    behind: dict[BuildIdentifier, float] = {}
    for build in (build for job in plan.jobs for build in job.builds):
        if build.expects is not None:
            maker = build.expects.identifier
            behind[maker] = max(behind.get(maker, 0.0), alone[build.identifier])
    return lambda build: alone[build.identifier] + behind.get(build.identifier, 0.0)


def _is_emulated(machine: MachineSpec, host: Processor) -> bool:
    return isinstance(machine, ContainerSpec) and not is_native(host, machine.image.oci_platform)
