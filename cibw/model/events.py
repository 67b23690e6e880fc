"""What happens in a run, as a stream of values; and what came out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from cibw.errors import CibwError, ErrorContext
from cibw.model.compiler_cache import CacheHits
from cibw.model.identifier import BuildIdentifier
from cibw.model.not_built import NotBuilt
from cibw.model.plan import Plan, StepName
from cibw.model.published import PublishReport

REPORT_VERSION = 1


class Status(Enum):
    """How a build ended."""

    BUILT = "built"
    REUSED = "reused"
    """An earlier wheel serves this identifier; only the tests ran."""
    RESTORED = "restored"
    """The wheel came from the store, where an earlier run has put it."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The run ended before this build did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFile:
    """A wheel in the output directory."""

    filename: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """How long a step took, in seconds."""

    step: StepName
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error as a value: its reference, message, hint, exit code and place."""

    reference: str
    message: str
    hint: str
    exit_code: int
    context: ErrorContext


def failure_of(error: CibwError) -> Failure:
    """An error as a value."""
    return Failure(
        reference=error.reference,
        message=error.message,
        hint=error.hint,
        exit_code=error.exit_code,
        context=error.context,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What came out of one build; `untested` says why its wheel was not tested."""

    identifier: BuildIdentifier
    status: Status
    seconds: float = 0.0
    wheel: WheelFile | None = None
    tested: bool = False
    untested: str = ""
    steps: tuple[StepTime, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: Failure | None = None
    log_file: str = ""
    compiler_cache: CacheHits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came out of a run; `failure` is one that belongs to no single build, `publish` an upload of its files."""

    results: tuple[BuildResult, ...]
    not_built: tuple[NotBuilt, ...] = ()
    seconds: float = 0.0
    exit_code: int = 0
    failure: Failure | None = None
    publish: PublishReport | None = None
    version: int = REPORT_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run begins."""

    plan: Plan
    output_dir: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """A job prepares its machine, which `machine` describes in one line."""

    job: str
    machine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Something long goes on outside of any command, such as the pull of an image."""

    job: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStarted:
    """A build begins."""

    identifier: BuildIdentifier


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step begins; `scope` is the build identifier or the job's name."""

    scope: str
    step: StepName


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStarted:
    """A command begins; `text` is as a user would type it."""

    scope: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLine:
    """A line that a command wrote, without its newline."""

    scope: str
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VariablesSet:
    """Variables got their values on a machine. It is for the masking of secrets alone; no reporter sees it."""

    scope: str
    variables: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A step ended."""

    scope: str
    step: StepName
    seconds: float
    succeeded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRaised:
    """Something that a user must know, though the run goes on."""

    scope: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFinished:
    """A build ended, well or not."""

    result: BuildResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The run ended."""

    report: Report


Event = (
    RunStarted
    | JobStarted
    | Progress
    | BuildStarted
    | StepStarted
    | CommandStarted
    | OutputLine
    | VariablesSet
    | StepFinished
    | WarningRaised
    | BuildFinished
    | RunFinished
)
