"""The network interface that downloads use, and its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cibw.model.web import NoAnswerError


class UnreachableError(NoAnswerError):
    """The connection failed or broke. Another attempt may succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A response: its status, its size in bytes if known, and its content in chunks.

    `pieces` raises UnreachableError if the connection breaks. `stop` may be called from another thread and ends the
    transfer immediately.
    """

    status: int
    pieces: Iterator[bytes]
    size: int | None = None
    stop: Callable[[], None]


class Transport(Protocol):
    """Requests the content of an address."""

    def get(self, address: str, /) -> AbstractContextManager[Reply]:
        """Return the response after all redirects. Raise UnreachableError if there is none."""
