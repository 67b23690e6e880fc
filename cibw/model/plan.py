"""The plan of a run: jobs of builds of steps of actions, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from cibw.model.identifiers import BuildIdentifier, NotBuilt
from cibw.model.machines import CompilerCache, ContainerSpec, MachineSpec
from cibw.model.templates import Command, EnvExpr, Template

PLAN_VERSION = 1


class StepName(Enum):
    """The steps of a job and of a build; the values are shown to users."""

    BEFORE_ALL = "before-all"
    SET_UP = "set up"
    BUILD_TOOLS = "build tools"
    BEFORE_BUILD = "before-build"
    BUILD = "build"
    REPAIR = "repair"
    AUDIT = "audit"
    TEST_ENVIRONMENT = "test environment"
    BEFORE_TEST = "before-test"
    TEST_INSTALL = "test install"
    TEST = "test"
    COLLECT = "collect"


class When(Enum):
    """A condition that is evaluated during a run."""

    ALWAYS = "always"
    WHEEL_IS_ABI3 = "the wheel is abi3"


class Check(Enum):
    """A check of a step's result."""

    ONE_BUILT_WHEEL = "exactly one wheel was built"
    NOT_PURE = "the wheel has a platform tag"
    ONE_REPAIRED_WHEEL = "exactly one wheel was repaired"
    NEW_NAME = "no other build gave a wheel of that name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Run a command; the step fails if the command fails."""

    command: Command
    when: When = When.ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class PutText:
    """Write a text file on the machine."""

    path: Template
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutFiles:
    """Copy a file or directory from the computer that runs cibw; `source` is relative to the project."""

    path: Template
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Download a file to a path; with `unpack`, extract an archive into a directory at that path.

    `url` can begin with `maven:` or `nuget:` instead of a repository URL, as in `nuget:python/3.12.10`. A single
    top-level directory in an archive is stripped. `sha256` is empty if the source provides none. An existing path is
    kept, and nothing is downloaded if a file exists at `unless`.
    """

    url: str
    sha256: str
    path: Template
    unpack: bool = False
    unless: Template | None = None


Action = Run | PutText | PutFiles | Fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A named part of a build: actions in order, then checks."""

    name: StepName
    actions: tuple[Action, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """An earlier build of the same job whose wheel is expected to be reusable, and why; verified during the run."""

    identifier: BuildIdentifier
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelBuild:
    """The plan of one build identifier.

    `make` is skipped if an earlier wheel is reused. `environment` applies to `prepare` and `make`, and
    `test_environment` is added to it for `test`. `environment_pass` are names of variables that are copied from the
    host; their values are never part of a plan. `platform_tag` is the expected tag of the repaired wheel (empty if the
    machine determines it). `untested` says why no test runs. `expects` is a build to wait for, because its wheel
    can probably be reused. `python` is the interpreter that the container image must have; empty otherwise.
    """

    identifier: BuildIdentifier
    prepare: Step
    make: tuple[Step, ...]
    test: tuple[Step, ...] = ()
    environment: tuple[EnvExpr, ...] = ()
    environment_pass: tuple[str, ...] = ()
    test_environment: tuple[EnvExpr, ...] = ()
    platform_tag: str = ""
    untested: str = ""
    compiler_cache: CompilerCache = CompilerCache.NONE
    expects: Expectation | None = None
    python: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Builds that share one prepared machine.

    `before_all_inputs` are globs of the files that before-all depends on; empty means all files.
    """

    name: str
    machine: MachineSpec
    builds: tuple[WheelBuild, ...]
    before_all: Step | None = None
    environment: tuple[EnvExpr, ...] = ()
    environment_pass: tuple[str, ...] = ()
    before_all_inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do; `version` is the version of its JSON form."""

    jobs: tuple[Job, ...]
    not_built: tuple[NotBuilt, ...] = ()
    notes: tuple[str, ...] = ()
    version: int = PLAN_VERSION

    @property
    def identifiers(self) -> tuple[BuildIdentifier, ...]:
        """The identifiers that are built, in order."""
        return tuple(build.identifier for job in self.jobs for build in job.builds)


# The part of a plan that identifies a build: everything except the values of variables.


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
