"""A network for tests, which answers from a script and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cibw.model.web import Answer, NoAnswerError, Question
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
            raise UnreachableError("the connection was lost")

    def _stop(self) -> None:
        self.stopped += 1


@dataclass(slots=True)
class RecordingWeb:
    """A web for tests: answers by method and address, such as `GET https://index.example/simple/a/`.

    Of several answers for one question each is given once, and the last one from then on; None stands for a
    connection that breaks. What is not in the script is answered with 404. `asked` has the questions in order.
    """

    answers: Mapping[str, Sequence[Answer | None]]
    asked: list[Question] = field(default_factory=list)

    def ask(self, question: Question, /) -> Answer:
        """The next answer of the script; NoAnswerError where that is None."""
        name = f"{question.method} {question.address}"
        number = sum(f"{earlier.method} {earlier.address}" == name for earlier in self.asked)
        self.asked.append(question)
        script = self.answers.get(name, (Answer(status=404),))
        answer = script[min(number, len(script) - 1)]
        if answer is None:
            raise NoAnswerError("the connection was lost")
        return answer
