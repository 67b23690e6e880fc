"""Upload results for reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
