"""Which builds go first: the slowest, so that none is left alone at the end of a run."""

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
    """Rank builds by the seconds that they took in an earlier run.

    A build that made no wheel then counts as the mean of the others, and as the slowest where its
    architecture is emulated. So without any figures the emulated ones go first. A build whose wheel
    others expect counts with the longest of those, too.
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
