"""A network for tests, which replays a script and records requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cibw.execution.fetch.download import Reply, UnreachableError
from cibw.model.http import Answer, NoAnswerError, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A scripted response. With `fault` there is no response; with `breaks` the connection breaks after `pieces`.

    `size` is the reported length.
    """

    status: int = 200
    pieces: tuple[bytes, ...] = ()
    size: int | None = None
    fault: str = ""
    breaks: bool = False


@dataclass(slots=True)
class RecordingTransport:
    """Returns the responses one after the other, and then repeats the last one.

    `between` is called before each chunk. `asked` contains the addresses in order.
    """

    answers: tuple[Scripted, ...]
    between: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)
    stopped: int = 0

    @contextmanager
    def get(self, address: str, /) -> Iterator[Reply]:
        """Return the next response for any address."""
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
            raise UnreachableError("the connection was lost")

    def _stop(self) -> None:
        self.stopped += 1


@dataclass(slots=True)
class RecordingWeb:
    """An HTTP client for tests. Responses are listed by method and address: `GET https://index.example/simple/a/`.

    If a request has several responses, each is returned once, and then the last one is repeated. None stands for a
    broken connection. Other requests get status 404. `asked` contains the requests in order.
    """

    answers: Mapping[str, Sequence[Answer | None]]
    asked: list[Question] = field(default_factory=list)

    def ask(self, question: Question, /) -> Answer:
        """Return the next response of the script. Raise NoAnswerError if it is None."""
        name = f"{question.method} {question.address}"
        number = sum(f"{earlier.method} {earlier.address}" == name for earlier in self.asked)
        self.asked.append(question)
        script = self.answers.get(name, (Answer(status=404),))
        answer = script[min(number, len(script) - 1)]
        if answer is None:
            raise NoAnswerError("the connection was lost")
        return answer
