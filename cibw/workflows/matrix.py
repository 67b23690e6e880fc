"""Grouping of the selected builds, and assignment of groups to CI jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cibw.model.identifier import BuildIdentifier
from cibw.model.target import ARCHITECTURES, Architecture, Platform
from cibw.workflows.values import BuildJob, Group, Matrix, Runner

Runners = Mapping[tuple[Platform, Architecture], Runner]
"""The hosted runners of a CI, by platform and architecture."""


def group_builds(identifiers: Iterable[BuildIdentifier], *, per_identifier: bool = False) -> tuple[Group, ...]:
    """Create a group for each architecture of each platform, or for each identifier, in platform order.

    Builds of an architecture stay together, so that later builds can reuse an abi3 wheel.
    """
    members: dict[tuple[Platform, Architecture], list[BuildIdentifier]] = {}
    for identifier in dict.fromkeys(identifiers):
        members.setdefault((identifier.platform, identifier.target.architecture), []).append(identifier)
    places = [(platform, one) for platform, architectures in ARCHITECTURES.items() for one in architectures]
    return tuple(
        group
        for place in places
        if place in members
        for group in _groups(*place, members[place], per_identifier=per_identifier)
    )


def _groups(
    platform: Platform, architecture: Architecture, members: list[BuildIdentifier], *, per_identifier: bool
) -> Iterator[Group]:
    if per_identifier:
        for one in members:
            yield Group(name=str(one), platform=platform, architecture=architecture, identifiers=(one,), is_single=True)
        return
    name = f"{platform.value}-{architecture.value}"
    yield Group(name=name, platform=platform, architecture=architecture, identifiers=tuple(members))


def make_matrix(groups: Iterable[Group], runners: Runners) -> Matrix:
    """Assign a runner of the CI to each group."""
    jobs: list[BuildJob] = []
    left_out: list[Group] = []
    for group in groups:
        runner = runners.get((group.platform, group.architecture))
        if runner is None:
            left_out.append(group)
        else:
            jobs.append(BuildJob(group=group, runner=runner))
    return Matrix(jobs=tuple(jobs), left_out=tuple(left_out))


def linux_runners(native: Mapping[Architecture, str], emulating: str) -> dict[tuple[Platform, Architecture], Runner]:
    """The Linux runners: native runners by label, and one that emulates the other architectures."""
    found: dict[tuple[Platform, Architecture], Runner] = {}
    for architecture in ARCHITECTURES[Platform.LINUX]:
        label = native.get(architecture)
        runner = Runner(label=label) if label else Runner(label=emulating, is_emulated=True)
        found[Platform.LINUX, architecture] = runner
    return found
