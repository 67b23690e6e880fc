"""Interfaces of an upload: credentials, uploader and attester."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cibw.model.release import PlannedUpload

_CHANGED_BY_A_PROXY = 203


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user name and password, or `__token__` and a token."""

    username: str
    password: str = field(repr=False)


class CredentialSource(Protocol):
    """Provides the credentials for uploads."""

    @property
    def description(self) -> str:
        """The origin of the credentials for messages: `trusted publishing`, `the variable ...`."""

    def credentials(self) -> Credentials:
        """Credentials that are valid for the next upload; CredentialsError if there are none."""

    def close(self) -> None:
        """Revoke credentials that must not outlive the upload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The response of an index to an upload: the HTTP status, its message, and the redirect target.

    `words` is the beginning of the complete response, for pattern matching. `is_page` is true for an HTML page.
    `retry_after` is the requested wait in seconds, or 0.
    """

    status: int
    message: str = ""
    location: str = ""
    words: str = field(default="", repr=False)
    is_page: bool = False
    retry_after: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether the status is a success; an HTML page may have such a status, too."""
        return 200 <= self.status < 300

    @property
    def is_taken(self) -> bool:
        """Whether the index confirms that it has the file."""
        return self.is_success and not self.is_doubtful

    @property
    def is_doubtful(self) -> bool:
        """Whether the success may come from a sign-in page or a proxy (203) in front of the index."""
        return self.is_success and (self.is_page or self.status == _CHANGED_BY_A_PROXY)

    @property
    def is_redirection(self) -> bool:
        """Whether the index redirects the upload."""
        return 300 <= self.status < 400


class Uploader(Protocol):
    """Uploads files to an index; also fits sessions of several steps (PEP 694)."""

    def prepare(self) -> None:
        """Open a session, if the protocol has sessions."""

    def put(self, upload: PlannedUpload, credentials: Credentials, /) -> Receipt:
        """Upload one file with its attestations; NoAnswerError if the connection breaks."""

    def commit(self) -> None:
        """Publish the uploaded files, if the protocol has sessions."""


class Attester(Protocol):
    """Signs statements about the origin of distributions (PEP 740)."""

    def attest(self, path: Path, /) -> Path:
        """Write the attestation next to a distribution and return its path; AttestationError if that fails."""
