"""The part of a plan that identifies a build: everything except the values of variables."""

from __future__ import annotations

from dataclasses import replace

from cibw.model.environment import EnvExpr
from cibw.model.identifier import BuildIdentifier
from cibw.model.images import ContainerSpec, MachineSpec
from cibw.model.plan import Job, Plan, WheelBuild


def plan_of_build(plan: Plan, identifier: BuildIdentifier) -> Plan:
    """The part of a plan for one build, without the values of variables; KeyError if there is none."""
    for job in plan.jobs:
        for build in job.builds:
            if build.identifier == identifier:
                return Plan(jobs=(_without_values(job, build),), version=plan.version)
    raise KeyError(str(identifier))


def _without_values(job: Job, build: WheelBuild) -> Job:
    build = replace(
        build, environment=_names(build.environment), test_environment=_names(build.test_environment), expects=None
    )
    return replace(job, machine=_machine(job.machine), builds=(build,), environment=_names(job.environment))


def _names(assignments: tuple[EnvExpr, ...]) -> tuple[EnvExpr, ...]:
    return tuple(replace(assignment, parts=()) for assignment in assignments)


def _machine(machine: MachineSpec) -> MachineSpec:
    if not isinstance(machine, ContainerSpec):
        return machine
    create = machine.engine.create
    create = replace(create, environment=tuple((name, "") for name, _value in create.environment))
    return replace(machine, engine=replace(machine.engine, create=create))
