"""What became of the files of an upload, as values that a report holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class UploadStatus(Enum):
    """How the upload of a file ended."""

    UPLOADED = "uploaded"
    ALREADY_THERE = "already there"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResult:
    """What became of one file; `attempts` counts the times that it was sent.

    `since` is when the index was first known to have it, in seconds since 1970; 0 where it does not have it.
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
        """Whether the index has the file now."""
        return self.status in (UploadStatus.UPLOADED, UploadStatus.ALREADY_THERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What came of an upload, as `publish` in `report.json`; `index` is the address that files are sent to."""

    index: str
    project: str
    version: str
    uploads: tuple[UploadResult, ...]
    exit_code: int = 0

    def having(self, *statuses: UploadStatus) -> tuple[UploadResult, ...]:
        """The files that ended in one of these ways."""
        return tuple(result for result in self.uploads if result.status in statuses)
