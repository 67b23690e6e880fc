"""Releases, indexes and uploaders for tests of an upload, without files and without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cibw.model.http import NoResponseError
from cibw.model.release import Decision, Distribution, IndexFile, PackageIndex, PlannedUpload, UploadPlan
from cibw.release.responses import Credentials, Receipt
from cibw.release.upload_plan import FoundFile

INDEX = PackageIndex(name="here", upload="https://index.example/legacy/", simple="https://index.example/simple/")
WHEEL = "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
OTHER = "demo-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"
SDIST = "demo-1.0.tar.gz"


def distribution(filename: str, sha256: str = "") -> Distribution:
    """A distribution whose hash follows from its name."""
    return Distribution.parse(filename, size=1000, sha256=sha256 or hash_of(filename))


def hash_of(filename: str) -> str:
    """The hash that stands for the bytes of a file."""
    return f"{filename.encode().hex():0<64.64}"


def found(*filenames: str) -> tuple[FoundFile, ...]:
    """Files in a directory."""
    return tuple(FoundFile(distribution=distribution(name), path=Path("dist") / name) for name in filenames)


def listed(*filenames: str) -> tuple[IndexFile, ...]:
    """The same bytes on an index."""
    return tuple(IndexFile(filename=name, sha256=hash_of(name)) for name in filenames)


def plan_of(*filenames: str, skipped: Sequence[str] = ()) -> UploadPlan:
    """A plan that sends files, except those that are skipped."""
    return UploadPlan(
        index=INDEX,
        uploads=tuple(
            PlannedUpload(
                distribution=distribution(name),
                path=f"dist/{name}",
                decision=Decision.SKIP if name in skipped else Decision.SEND,
            )
            for name in filenames
        ),
    )


@dataclass(slots=True)
class ScriptedUploader:
    """Answers from a script: a receipt, None for a broken connection, or an error that is raised; then 200."""

    script: list[Receipt | BaseException | None] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    committed: bool = False

    def prepare(self) -> None:
        """Nothing to do."""

    def put(self, upload: PlannedUpload, _credentials: Credentials, /) -> Receipt:
        """The next answer."""
        self.sent.append(upload.distribution.filename)
        response = self.script.pop(0) if self.script else Receipt(status=200)
        if response is None:
            raise NoResponseError("the connection broke")
        if isinstance(response, BaseException):
            raise response
        return response

    def commit(self) -> None:
        """Note that it was called."""
        self.committed = True


@dataclass(slots=True)
class Login:
    """One login, as often as it is asked for; `renewed` are those that come after it."""

    password: str = "sesame-77"
    renewed: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def description(self) -> str:
        """Words for a user."""
        return "a test's login"

    def credentials(self) -> Credentials:
        """The login."""
        found = Credentials(username="alice", password=self.password)
        self.password = self.renewed.pop(0) if self.renewed else self.password
        return found

    def close(self) -> None:
        """Note that it was called."""
        self.closed = True
