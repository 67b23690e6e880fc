"""The plan of a run: jobs of builds of steps of actions, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cibw.model.command import Command
from cibw.model.compiler_cache import CompilerCache
from cibw.model.environment import EnvExpr
from cibw.model.identifier import BuildIdentifier
from cibw.model.images import MachineSpec
from cibw.model.not_built import NotBuilt
from cibw.model.template import Template

PLAN_VERSION = 1


class StepName(Enum):
    """The steps of a job and of a build, in the words that users read."""

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
    """A condition that only a run can judge."""

    ALWAYS = "always"
    WHEEL_IS_ABI3 = "the wheel is abi3"


class Check(Enum):
    """An obligation that a step's result must meet."""

    ONE_BUILT_WHEEL = "exactly one wheel was built"
    NOT_PURE = "the wheel has a platform tag"
    ONE_REPAIRED_WHEEL = "exactly one wheel was repaired"
    NEW_NAME = "no other build gave a wheel of that name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Run a command, and fail the step when it fails."""

    command: Command
    when: When = When.ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class PutText:
    """Write a text file on the machine."""

    path: Template
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutFiles:
    """Copy a file or a directory of the computer that runs cibw, by its path relative to the project there."""

    path: Template
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Have a file of the network at a path, or with `unpack` what is in an archive, in a directory of that path.

    `url` may begin with `maven:` or `nuget:` in place of the address of a repository, as in
    `nuget:python/3.12.10`. Where all of an archive lies in one directory, that directory falls away.
    `sha256` is empty where the source names none. What stands at the path already stays, and with a file
    at `unless` nothing is fetched.
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
    """An earlier build of the same job whose wheel should serve, and why; the run has to see whether it does."""

    identifier: BuildIdentifier
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelBuild:
    """Everything that one build identifier needs.

    `make` is left out where an earlier wheel serves; `environment` holds during `prepare` and
    `make`, and `test_environment` is added to it during `test`. `environment_pass` names variables
    that are copied from the host, so that their values never stand in a plan. `platform_tag` is what
    the repaired wheel should carry (empty where the machine decides), `untested` says why no test runs.
    `expects` names a build to wait for, whose wheel should serve here, too. `python` is the interpreter that the
    image of a container has to have, and empty elsewhere.
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

    `before_all_inputs` are globs of the files that before-all depends on; without any it is all of them.
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
