"""What happens in an upload, as a stream of values."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.published import PublishReport, UploadResult
from cibw.model.release import UploadPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadStarted:
    """Files will be sent; `login` says in words what lets them in."""

    plan: UploadPlan
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """The file number `number` of those that are sent, from 1 on, is on its way."""

    number: int
    filename: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesSent:
    """So many bytes of the request of a file have been sent, of so many."""

    sent: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TryFailed:
    """The index did not take a file, and will get it again after some seconds."""

    filename: str
    message: str
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinished:
    """A file is done with, well or not."""

    result: UploadResult


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFinished:
    """The upload is over, well or not."""

    report: PublishReport


UploadEvent = UploadStarted | FileStarted | BytesSent | TryFailed | FileFinished | UploadFinished
