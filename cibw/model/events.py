"""The events of a run and of an upload, and their reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from cibw.errors import CibwError, ErrorContext
from cibw.model.identifiers import BuildIdentifier, NotBuilt
from cibw.model.machines import CacheHits
from cibw.model.plan import Plan, StepName

# Upload results for reports.


class UploadStatus(Enum):
    """The result of uploading a file."""

    UPLOADED = "uploaded"
    ALREADY_THERE = "already there"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResult:
    """The result of one file; `attempts` counts its uploads.

    `since` is when the index was first known to have it, in seconds since 1970; 0 if it does not have it.
    """

    filename: str
    size: int
    sha256: str
    status: UploadStatus
    attempts: int = 0
    seconds: float = 0.0
    message: str = ""
    attestations: tuple[str, ...] = ()
    since: float = 0.0

    @property
    def is_there(self) -> bool:
        """Whether the index now has the file."""
        return self.status in (UploadStatus.UPLOADED, UploadStatus.ALREADY_THERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """The result of an upload, `publish` in `report.json`; `index` is the upload URL."""

    index: str
    project: str
    version: str
    uploads: tuple[UploadResult, ...]
    exit_code: int = 0

    def having(self, *statuses: UploadStatus) -> tuple[UploadResult, ...]:
        """The files with one of these statuses."""
        return tuple(result for result in self.uploads if result.status in statuses)


# The events of a run, and its report.

REPORT_VERSION = 1


class Status(Enum):
    """How a build ended."""

    BUILT = "built"
    REUSED = "reused"
    """The wheel of an earlier build was reused; only the tests ran."""
    RESTORED = "restored"
    """The wheel of an earlier run was restored from the store."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The run ended before this build finished."""


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
    """The result of one build; `untested` says why its wheel was not tested."""

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
    """The report of a run; `failure` does not belong to a single build, `publish` is an upload of its files."""

    results: tuple[BuildResult, ...]
    not_built: tuple[NotBuilt, ...] = ()
    seconds: float = 0.0
    exit_code: int = 0
    failure: Failure | None = None
    publish: PublishReport | None = None
    version: int = REPORT_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run starts."""

    plan: Plan
    output_dir: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """A job prepares its machine; `machine` is a one-line description."""

    job: str
    machine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a long operation outside of commands, such as an image pull."""

    job: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStarted:
    """A build starts."""

    identifier: BuildIdentifier


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step starts; `scope` is the build identifier or the job's name."""

    scope: str
    step: StepName


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStarted:
    """A command starts; `text` is as a user would type it."""

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
    """Variables were evaluated on a machine. Used only for masking secrets; reporters do not receive it."""

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
    """A warning for the user; the run continues."""

    scope: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFinished:
    """A build ended, successfully or not."""

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
