"""What all connections have in common: limits on what servers may send, and how long; logins; what a server is.

A server that is broken or hostile may send without end, or a byte now and then. The timeouts of sockets hold for one
read each, so that they never end such an answer; a deadline does.
"""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from cibw.errors import DownloadError
from cibw.limited import in_units

_PIECE = 1 << 16
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """The most that is read: of an answer that is kept in memory, and of a file that is written to the disk."""

    answer_bytes: int = 64 << 20
    answer_seconds: float = 120
    file_bytes: int = 16 << 30
    file_seconds: float = 2 * 60 * 60
    upload_seconds: float = 10 * 60
    upload_rate: int = 16 << 10
    """The bytes that a second of an upload has to send; its answer has `upload_seconds` in addition."""
    upload_answer_bytes: int = 1 << 20


LIMITS = HttpLimits()


def basic_login(pair: str) -> str:
    """What `name:password` looks like in a header, in UTF-8 (RFC 7617); libraries take Latin-1, or fail."""
    return f"Basic {base64.b64encode(pair.encode('utf-8', 'surrogateescape')).decode()}"


def same_server(one: str, other: str) -> bool:
    """Whether two addresses are of one server: the same host and port, where the usual ports of both schemes are one.

    ValueError where an address can't be parsed.
    """
    return _server(one) == _server(other)


def _server(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    usual = _PORTS.get(parts.scheme, 0)
    port = parts.port or usual
    return (parts.hostname or "").rstrip("."), 0 if port == usual else port


class Deadline:
    """Ends the connections that it watches when their time is over, whatever they are doing."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self.end)
        self._timer.daemon = True

    @contextmanager
    def running(self) -> Iterator[Deadline]:
        """Let the time run for as long as the context lasts."""
        self._timer.start()
        try:
            yield self
        finally:
            self._timer.cancel()
            with self._lock:
                while self._sockets:
                    self._sockets.pop().close()

    def watch(self, connected: socket.socket) -> None:
        """Watch a connection; OSError where its time is over already."""
        with self._lock:
            if self.is_over:
                raise TimeoutError("the response timed out")
            # A duplicate stays valid when TLS takes the socket over.
            self._sockets.append(connected.dup())

    def end(self) -> None:
        """End the connections now."""
        with self._lock:
            self.is_over = True
            for connected in self._sockets:
                with suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)

    def overrun(self, address: str) -> DownloadError:
        """What to raise for an answer that was ended."""
        return DownloadError(
            f"{address} did not send a complete response within {self.seconds:.0f} seconds.",
            hint="Check the network and the proxy, then try again.",
        )


def watched_pools(
    watch: Callable[[socket.socket], None],
) -> dict[str, type[HTTPConnectionPool | HTTPSConnectionPool]]:
    """Classes of connection pools, by scheme, for urllib3: `watch` gets each socket as soon as it is connected."""

    class _Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            connected = super()._new_conn()
            watch(connected)
            return connected

    class _Safe(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            connected = super()._new_conn()
            watch(connected)
            return connected

    class _PlainPool(HTTPConnectionPool):
        pass

    class _SafePool(HTTPSConnectionPool):
        pass

    # urllib3 puts the names of these classes into its messages.
    for kind in (_Plain, _Safe, _PlainPool, _SafePool):
        kind.__name__ = kind.__qualname__ = kind.__bases__[0].__name__
    _PlainPool.ConnectionCls, _SafePool.ConnectionCls = _Plain, _Safe
    return {"http": _PlainPool, "https": _SafePool}


def pieces_within(response: BaseHTTPResponse, limit: int, address: str) -> Iterator[bytes]:
    """The decoded content of an answer in pieces; DownloadError where there are more than `limit` bytes."""
    received = 0
    while piece := response.read(_PIECE, decode_content=True):
        received += len(piece)
        if received > limit:
            raise too_large(address, limit)
        yield piece


def too_large(address: str, limit: int) -> DownloadError:
    """What to raise for an answer that is larger than what is read."""
    return DownloadError(
        f"The response from {address} is larger than {in_units(limit)}.",
        hint="Check the address; it may not be the intended server.",
    )
