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
    """A file that an index lists; `sha256` is empty where the index does not tell it, `address` is where it lies.

    `yanked` says why the file was withdrawn (PEP 592), which may be empty, and is None where it was not.
    """

    filename: str
    sha256: str = ""
    address: str = ""
    yanked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What an index has of a project; `unknown` says why nobody can tell, and is empty where it can be told.

    `retry_after` is how many seconds the index asks to wait before the next look.
    """

    files: tuple[IndexFile, ...] = ()
    unknown: str = ""
    retry_after: float = 0.0

    def file(self, filename: str) -> IndexFile | None:
        """The entry of a file; None where there is none."""
        return next((entry for entry in self.files if entry.filename == filename), None)

    def has(self, distribution: Distribution) -> bool:
        """Whether these very bytes are there under this name."""
        entry = self.file(distribution.filename)
        return entry is not None and entry.sha256 == distribution.sha256


class Decision(Enum):
    """What is done with a file."""

    SEND = "send"
    SKIP = "skip"
    """The index has the same bytes."""
    CONFLICT = "conflict"
    """The index has other bytes under the name; nothing is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUpload:
    """A file, what is done with it and why; `path` is where it lies, `attestations` are files that go with it.

    `to_attest` says that one more is made before anything is sent.
    `since` is when an earlier run sent it, in seconds since 1970, where the index does not list it; 0 else.
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
    """The files of a release in the order in which they are sent: wheels, then the sdist."""

    index: PackageIndex
    uploads: tuple[PlannedUpload, ...]
    notes: tuple[str, ...] = ()

    def having(self, decision: Decision) -> tuple[PlannedUpload, ...]:
        """The files with which one thing is done."""
        return tuple(upload for upload in self.uploads if upload.decision is decision)
