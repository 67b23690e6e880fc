"""Values of an upload: where to, what is sent or skipped, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cibw.model.distribution import Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageIndex:
    """A package index: its name for people, where files are sent, and the root of its simple API (PEP 503, 691).

    `simple` is empty where nobody knows it; `page` is the address of the project's page for people, where there is one.
    """

    name: str
    upload: str
    simple: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """A file that an index lists; `sha256` is empty where the index does not tell it."""

    filename: str
    sha256: str = ""


class Decision(Enum):
    """What is done with a file."""

    SEND = "send"
    SKIP = "skip"
    """The index has the same bytes."""
    CONFLICT = "conflict"
    """The index has other bytes under the name; nothing is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUpload:
    """A file, what is done with it and why; `path` is where it lies, `attestations` are files that go with it."""

    distribution: Distribution
    path: str
    decision: Decision
    reason: str = ""
    attestations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlan:
    """The files of a release in the order in which they are sent: wheels, then the sdist."""

    index: PackageIndex
    uploads: tuple[PlannedUpload, ...]
    notes: tuple[str, ...] = ()

    def having(self, decision: Decision) -> tuple[PlannedUpload, ...]:
        """The files with which one thing is done."""
        return tuple(upload for upload in self.uploads if upload.decision is decision)


class UploadStatus(Enum):
    """How the upload of a file ended."""

    UPLOADED = "uploaded"
    ALREADY_THERE = "already there"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResult:
    """What became of one file; `attempts` counts the times that it was sent."""

    filename: str
    size: int
    sha256: str
    status: UploadStatus
    attempts: int = 0
    seconds: float = 0.0
    message: str = ""
    attestations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What came of an upload; it stands in `report.json` as `publish`."""

    index: str
    project: str
    version: str
    uploads: tuple[UploadResult, ...]
    exit_code: int = 0
