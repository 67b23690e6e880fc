"""One question to a web server and its answer, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request of HTTP; `headers` may hold secrets, which is why they are left out of its `repr`.

    With `only_hash` the body of the answer may be a large file: it is hashed as it comes, and not kept. With `stay` a
    redirection to another server is not followed, but is the answer.
    """

    address: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    only_hash: bool = False
    stay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response of HTTP; the names of `headers` are in lower case, `body` may hold secrets.

    `sha256` is set instead of `body` where the question asked for the hash only.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    sha256: str = ""


class NoAnswerError(Exception):
    """No answer came: the server can't be reached, or the connection broke; another try may work."""


class Web(Protocol):
    """Asks web servers; the network's is in `running/fetch_http.py`, one for tests in `running/fetch_recording.py`."""

    def ask(self, question: Question, /) -> Answer:
        """The answer, after redirections of a GET; NoAnswerError where none comes."""
