"""The connection of a running command, as returned by the Docker SDK."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Protocol


class _Closable(Protocol):
    def close(self) -> object: ...


class Connection(_Closable, Protocol):
    """A connection that sends data and can be closed."""

    def sendall(self, data: bytes, /) -> object:
        """Send all of the data."""


class ExecStream:
    """Sends a command its standard input and receives its output. Must be closed.

    `connection` is the SDK's result for `socket=True`: a file around a socket, or a socket, depending on the
    transport.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._socket: Connection = getattr(connection, "_sock", connection)
        self._response: _Closable | None = getattr(connection, "_response", None)

    def exchange(self, data: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
        """Send all data while receiving output. Raise OSError if either fails.

        The end of the data is not signalled, because not every transport supports that. The command must detect it.
        """
        from docker.utils.socket import STDERR, frames_iter

        sender = _Sender(self._socket, data)
        sender.start()
        for stream, chunk in frames_iter(self._connection, False):  # type: ignore[no-untyped-call]
            yield chunk, stream == STDERR
        sender.finish()

    def send(self, data: bytes) -> None:
        """Send data without receiving. Raise OSError if the connection is lost."""
        self._socket.sendall(data)

    def close(self) -> None:
        """Close the connection, even in the middle of a command."""
        for part in (self._response, self._connection, self._socket):
            if part is not None:
                with suppress(OSError):
                    part.close()


class _Sender:
    """Sends in a separate thread, so that a command that writes much output is not blocked."""

    def __init__(self, socket: Connection, data: Iterable[bytes]) -> None:
        self._socket = socket
        self._data = data
        self._fault: OSError | None = None
        self._thread = threading.Thread(target=self._send, name="send", daemon=True)

    def start(self) -> None:
        if self._data != ():
            self._thread.start()

    def finish(self) -> None:
        """Stop sending, because the command has ended and does not read the rest."""
        if self._data != ():
            self._thread.join(1.0)
        if self._fault is not None:
            raise self._fault

    def _send(self) -> None:
        try:
            for piece in self._data:
                self._socket.sendall(piece)
        except BrokenPipeError:
            return
        except OSError as error:
            self._fault = error
            self._end()

    def _end(self) -> None:
        """Wake up the receiver, because the command may wait for the rest forever."""
        shutdown = getattr(self._socket, "shutdown", None)
        with suppress(OSError):
            if shutdown is not None:
                shutdown(SHUT_RDWR)
