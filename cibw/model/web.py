"""HTTP requests and responses, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An HTTP request; `headers` may contain secrets, so they are not part of its `repr`.

    With `only_hash`, the response body may be a large file: it is hashed while it is received, and not kept. With
    `stay`, a redirect to another server is returned instead of followed.
    """

    address: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    only_hash: bool = False
    stay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response; the names of `headers` are lowercase, and `body` may contain secrets.

    `sha256` is set instead of `body` if the request has `only_hash`.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    sha256: str = ""


class NoAnswerError(Exception):
    """There was no response: the server is unreachable, or the connection broke; a retry may work."""


class Web(Protocol):
    """An HTTP client; `running/fetch_http.py` uses the network, `running/fetch_recording.py` is for tests."""

    def ask(self, question: Question, /) -> Answer:
        """Send a request, following redirects of a GET; NoAnswerError if there is no response."""
