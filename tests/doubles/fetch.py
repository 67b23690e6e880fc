"""A network for tests, which replays a script and records requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cibw.execution.fetch.download import StreamedResponse, UnreachableError
from cibw.model.http import NoResponseError, Request, Response


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

    responses: tuple[Scripted, ...]
    between: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)
    stopped: int = 0

    @contextmanager
    def get(self, address: str, /) -> Iterator[StreamedResponse]:
        """Return the next response for any address."""
        response = self.responses[min(len(self.asked), len(self.responses) - 1)]
        self.asked.append(address)
        if response.fault:
            raise UnreachableError(response.fault)
        yield StreamedResponse(
            status=response.status, pieces=self._pieces(response), size=response.size, stop=self._stop
        )

    def _pieces(self, response: Scripted) -> Iterator[bytes]:
        for piece in response.pieces:
            self.between()
            yield piece
        if response.breaks:
            raise UnreachableError("the connection was lost")

    def _stop(self) -> None:
        self.stopped += 1


@dataclass(slots=True)
class RecordingClient:
    """An HTTP client for tests. Responses are listed by method and address: `GET https://index.example/simple/a/`.

    If a request has several responses, each is returned once, and then the last one is repeated. None stands for a
    broken connection. Other requests get status 404. `asked` contains the requests in order.
    """

    responses: Mapping[str, Sequence[Response | None]]
    asked: list[Request] = field(default_factory=list)

    def ask(self, request: Request, /) -> Response:
        """Return the next response of the script. Raise NoResponseError if it is None."""
        name = f"{request.method} {request.address}"
        number = sum(f"{earlier.method} {earlier.address}" == name for earlier in self.asked)
        self.asked.append(request)
        script = self.responses.get(name, (Response(status=404),))
        response = script[min(number, len(script) - 1)]
        if response is None:
            raise NoResponseError("the connection was lost")
        return response
