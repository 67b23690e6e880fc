"""What fetching needs of the network, and what it says about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cibw.model.web import NoAnswerError


class UnreachableError(NoAnswerError):
    """The connection can't be made, or it broke; another try may work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: its status, its size in bytes where that is told, and its content in pieces.

    `pieces` raises UnreachableError where the connection breaks; `stop` may be called from another
    thread and ends it at once.
    """

    status: int
    pieces: Iterator[bytes]
    size: int | None = None
    stop: Callable[[], None]


class Transport(Protocol):
    """Asks for what an address holds."""

    def get(self, address: str, /) -> AbstractContextManager[Reply]:
        """The answer, after all redirections; UnreachableError where there is none."""
