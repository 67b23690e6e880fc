"""What an upload needs of the world: who lets it in, what sends a file, what attests it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cibw.model.release import PlannedUpload

_CHANGED_BY_A_PROXY = 203


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user's name and password, or `__token__` and a token."""

    username: str
    password: str = field(repr=False)


class CredentialSource(Protocol):
    """What lets uploads in."""

    @property
    def description(self) -> str:
        """Where the credentials come from, in words for a user: `trusted publishing`, `the variable ...`."""

    def credentials(self) -> Credentials:
        """Credentials that hold for the next upload; CredentialsError where there are none."""

    def close(self) -> None:
        """Give back what must not outlive the upload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an index answers to a file: the status of HTTP, for people its reason, and where it sends us instead.

    `words` is the beginning of the whole answer, for patterns. `is_page` says that it is an HTML page, as people get it
    to read. `retry_after` is how many seconds the index asks to wait, 0 where it does not ask.
    """

    status: int
    message: str = ""
    location: str = ""
    words: str = field(default="", repr=False)
    is_page: bool = False
    retry_after: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success; a page for people may have it, too."""
        return 200 <= self.status < 300

    @property
    def is_taken(self) -> bool:
        """Whether the index says that it has the file now."""
        return self.is_success and not self.is_doubtful

    @property
    def is_doubtful(self) -> bool:
        """Whether a success may be that of a sign-in page or a proxy (203) in front of the index."""
        return self.is_success and (self.is_page or self.status == _CHANGED_BY_A_PROXY)

    @property
    def is_redirection(self) -> bool:
        """Whether the index wants files elsewhere."""
        return 300 <= self.status < 400


class Uploader(Protocol):
    """Sends files to an index; a session of several steps (PEP 694) fits in, too."""

    def prepare(self) -> None:
        """Open a session, where the protocol has such a thing."""

    def put(self, upload: PlannedUpload, credentials: Credentials, /) -> Receipt:
        """Send one file with its attestations; NoAnswerError where the connection breaks."""

    def commit(self) -> None:
        """Make what was sent visible, where the protocol has such a thing."""


class Attester(Protocol):
    """Signs statements of where distributions come from (PEP 740)."""

    def attest(self, path: Path, /) -> Path:
        """The file with the attestation of a distribution, made beside it; AttestationError where that can't be."""
