"""Upload plans: the index, its files, and the files to upload or skip."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cibw.model.distribution import Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageIndex:
    """A package index: its display name, upload URL, and the root of its simple API (PEP 503, 691).

    `simple` is empty if unknown; `page` is the URL of the project's web page, if there is one.
    """

    name: str
    upload: str
    simple: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """A file that an index lists; `sha256` is empty if the index does not provide it, `address` is its URL.

    `yanked` is the reason why the file was yanked (PEP 592), possibly empty, or None if it was not yanked.
    """

    filename: str
    sha256: str = ""
    address: str = ""
    yanked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files of a project on an index; if they are unknown, `unknown` says why.

    `retry_after` is the number of seconds that the index asks to wait before the next request.
    """

    files: tuple[IndexFile, ...] = ()
    unknown: str = ""
    retry_after: float = 0.0

    def file(self, filename: str) -> IndexFile | None:
        """The entry of a file; None if there is none."""
        return next((entry for entry in self.files if entry.filename == filename), None)

    def has(self, distribution: Distribution) -> bool:
        """Whether the index has this file name with the same content."""
        entry = self.file(distribution.filename)
        return entry is not None and entry.sha256 == distribution.sha256


class Decision(Enum):
    """What an upload does with a file."""

    SEND = "send"
    SKIP = "skip"
    """The index already has the same content."""
    CONFLICT = "conflict"
    """The index has different content under this name; nothing is uploaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUpload:
    """A file with a decision and its reason; `path` is its location, `attestations` are files to upload with it.

    `to_attest` means that another attestation is created before the upload.
    `since` is when an earlier run uploaded it, in seconds since 1970, if the index does not list it; otherwise 0.
    """

    distribution: Distribution
    path: str
    decision: Decision
    reason: str = ""
    attestations: tuple[str, ...] = ()
    to_attest: bool = False
    since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlan:
    """The files of a release in upload order: wheels, then the sdist."""

    index: PackageIndex
    uploads: tuple[PlannedUpload, ...]
    notes: tuple[str, ...] = ()

    def having(self, decision: Decision) -> tuple[PlannedUpload, ...]:
        """The files with this decision."""
        return tuple(upload for upload in self.uploads if upload.decision is decision)
