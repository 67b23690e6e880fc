"""A network for tests, which answers from a script and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cibw.running.fetch_api import Reply, UnreachableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """One answer: `fault` says why there is none; the connection breaks after `pieces` with `breaks`.

    `size` is what the answer tells of its length.
    """

    status: int = 200
    pieces: tuple[bytes, ...] = ()
    size: int | None = None
    fault: str = ""
    breaks: bool = False


@dataclass(slots=True)
class RecordingTransport:
    """Gives the answers one after the other, and the last one from then on.

    `between` is called before each piece; `asked` has the addresses in order.
    """

    answers: tuple[Scripted, ...]
    between: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)
    stopped: int = 0

    @contextmanager
    def get(self, address: str, /) -> Iterator[Reply]:
        """The next answer, whatever the address."""
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(address)
        if answer.fault:
            raise UnreachableError(answer.fault)
        yield Reply(status=answer.status, pieces=self._pieces(answer), size=answer.size, stop=self._stop)

    def _pieces(self, answer: Scripted) -> Iterator[bytes]:
        for piece in answer.pieces:
            self.between()
            yield piece
        if answer.breaks:
            raise UnreachableError("the connection broke")

    def _stop(self) -> None:
        self.stopped += 1
