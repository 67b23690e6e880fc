from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import ContainerEngine, ContainerSpec, CreateOptions, HostSpec, Image
from cibw.model.plan import Job, Plan, Step, StepName, WheelBuild, plan_of_build
from cibw.model.templates import EnvExpr
from unit_test.strategies import plans


@given(plans)
def test_a_plan_names_its_identifiers_in_order(plan: Plan) -> None:
    assert list(plan.identifiers) == [build.identifier for job in plan.jobs for build in job.builds]


CP312 = BuildIdentifier.parse("cp312-manylinux_x86_64")
CP313 = BuildIdentifier.parse("cp313-manylinux_x86_64")
SECRET = "s3cret"


def build(identifier: BuildIdentifier, value: str) -> WheelBuild:
    return WheelBuild(
        identifier=identifier,
        prepare=Step(name=StepName.SET_UP),
        make=(),
        environment=(EnvExpr("A", (value,)),),
        test_environment=(EnvExpr("B", (value,)),),
    )


def plan(value: str) -> Plan:
    create = CreateOptions(environment=(("D", value),), network="none")
    machine = ContainerSpec(engine=ContainerEngine(create=create), image=Image(reference="i", oci_platform="linux/386"))
    first = Job(
        name="a",
        machine=machine,
        builds=(build(CP312, value), build(CP313, value)),
        environment=(EnvExpr("C", (value,)),),
    )
    return Plan(jobs=(first,), notes=(value,))


def test_one_build_is_left_and_no_value_of_a_variable() -> None:
    part = plan_of_build(plan(SECRET), CP313)
    assert part.identifiers == (CP313,)
    assert SECRET not in repr(part)
    assert all(f"'{name}'" in repr(part) for name in "ABCD")
    assert part == plan_of_build(plan("other"), CP313)
    assert part != plan_of_build(plan(SECRET), CP312)


def test_all_else_counts() -> None:
    job = plan(SECRET).jobs[0]
    host = Plan(jobs=(replace(job, machine=HostSpec(toolchain_tag="t")),))
    assert plan_of_build(host, CP312) != plan_of_build(plan(SECRET), CP312)
    other = Plan(jobs=(replace(job, environment=(EnvExpr("E", ("1",)),)),))
    assert plan_of_build(other, CP312) != plan_of_build(plan(SECRET), CP312)


def test_a_build_that_is_not_planned_has_no_part() -> None:
    with pytest.raises(KeyError, match="cp311"):
        plan_of_build(plan(SECRET), BuildIdentifier.parse("cp311-manylinux_x86_64"))
