from __future__ import annotations

import dataclasses

import pytest

from cibw.execution.container.emulation import Processor
from cibw.execution.pool import slowest_first
from cibw.model.events import BuildResult, Status
from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import ContainerEngine, ContainerSpec, Image
from cibw.model.plan import Job, Plan
from unit_test.execution.trials import job_of

INTEL = Processor(machine="x86_64")
ARM = Processor(machine="aarch64")


def in_container(job: Job, oci_platform: str) -> Job:
    image = Image(reference="image", oci_platform=oci_platform)
    return dataclasses.replace(job, machine=ContainerSpec(engine=ContainerEngine(), image=image))


def took(python: str, seconds: float, status: Status = Status.BUILT) -> BuildResult:
    identifier = BuildIdentifier.parse(f"{python}-manylinux_x86_64")
    return BuildResult(identifier=identifier, status=status, seconds=seconds)


def order(plan: Plan, *earlier: BuildResult, host: Processor = INTEL) -> list[str]:
    rank = slowest_first(plan, earlier, host)
    builds = sorted((build for job in plan.jobs for build in job.builds), key=lambda build: -rank(build))
    return [str(build.identifier.interpreter) for build in builds]


HERE = job_of("here", "cp310", "cp311", "cp312")
PLAN = Plan(jobs=(HERE,))


def test_the_slowest_of_the_earlier_run_goes_first() -> None:
    assert order(PLAN, took("cp310", 1), took("cp311", 2), took("cp312", 3)) == ["cp312", "cp311", "cp310"]


def test_without_an_earlier_run_the_order_of_the_plan_holds() -> None:
    assert order(PLAN) == ["cp310", "cp311", "cp312"]


def test_builds_without_a_figure_stand_in_the_middle() -> None:
    assert order(PLAN, took("cp310", 1), took("cp312", 9)) == ["cp312", "cp311", "cp310"]


@pytest.mark.parametrize("status", [Status.REUSED, Status.FAILED, Status.CANCELLED])
def test_builds_that_made_no_wheel_tell_nothing(status: Status) -> None:
    assert order(PLAN, took("cp310", 1), took("cp311", 2), took("cp312", 900, status)) == ["cp311", "cp312", "cp310"]


def test_figures_of_other_identifiers_do_no_harm() -> None:
    assert order(PLAN, took("cp39", 5)) == ["cp310", "cp311", "cp312"]


@pytest.mark.parametrize(("oci_platform", "host"), [("linux/arm64", INTEL), ("linux/amd64", ARM)])
def test_what_is_emulated_goes_first(oci_platform: str, host: Processor) -> None:
    plan = Plan(jobs=(HERE, in_container(job_of("there", "cp313"), oci_platform)))
    assert order(plan, host=host)[0] == "cp313"
    assert order(plan, took("cp310", 1000), host=host)[0] == "cp313"
    assert order(plan, took("cp310", 1000), took("cp313", 900), host=host)[0] == "cp310"


@pytest.mark.parametrize("oci_platform", ["linux/amd64", "linux/386", "linux/unheard-of"])
def test_containers_of_the_own_processor_are_no_slower(oci_platform: str) -> None:
    plan = Plan(jobs=(HERE, in_container(job_of("there", "cp313"), oci_platform)))
    assert order(plan)[-1] == "cp313"
