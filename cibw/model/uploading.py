"""The events of an upload."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.published import PublishReport, UploadResult
from cibw.model.release import UploadPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadStarted:
    """The upload starts; `login` describes the credentials."""

    plan: UploadPlan
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """The upload of a file starts; `number` counts from 1."""

    number: int
    filename: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesSent:
    """The number of bytes sent of a file's request, and the total."""

    sent: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TryFailed:
    """An upload failed, and will be retried after `wait` seconds."""

    filename: str
    message: str
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinished:
    """The upload of a file finished, successfully or not."""

    result: UploadResult


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFinished:
    """The upload finished, successfully or not."""

    report: PublishReport


UploadEvent = UploadStarted | FileStarted | BytesSent | TryFailed | FileFinished | UploadFinished
