"""One question to a web server and its answer, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request of HTTP; `headers` may hold secrets, which is why they are left out of its `repr`."""

    address: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response of HTTP; the names of `headers` are in lower case, `body` may hold secrets."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


class NoAnswerError(Exception):
    """No answer came: the server can't be reached, or the connection broke; another try may work."""


class Web(Protocol):
    """Asks web servers; the network's is in `running/fetch_http.py`, one for tests in `running/fetch_recording.py`."""

    def ask(self, question: Question, /) -> Answer:
        """The answer, after redirections of a GET; NoAnswerError where none comes."""
