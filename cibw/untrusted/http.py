"""Limits on the size and duration of HTTP responses, and helpers for authentication and server comparison.

A broken or hostile server may send data endlessly or very slowly. Socket timeouts apply to each read and never end
such a response; a deadline does.
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
from cibw.untrusted.limits import in_units

_PIECE = 1 << 16
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Limits for responses kept in memory (`response`), for files written to disk, and for uploads."""

    response_bytes: int = 64 << 20
    response_seconds: float = 120
    file_bytes: int = 16 << 30
    file_seconds: float = 2 * 60 * 60
    upload_seconds: float = 10 * 60
    upload_rate: int = 16 << 10
    """The minimum bytes per second of an upload; its response has `upload_seconds` in addition."""
    upload_response_bytes: int = 1 << 20


LIMITS = HttpLimits()


def basic_login(pair: str) -> str:
    """The Authorization header for `name:password` in UTF-8 (RFC 7617); libraries use Latin-1 or fail."""
    return f"Basic {base64.b64encode(pair.encode('utf-8', 'surrogateescape')).decode()}"


def same_server(one: str, other: str) -> bool:
    """Whether two addresses have the same host and port; the default ports of both schemes are treated as equal.

    ValueError if an address cannot be parsed.
    """
    return _server(one) == _server(other)


def _server(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    usual = _PORTS.get(parts.scheme, 0)
    port = parts.port or usual
    return (parts.hostname or "").rstrip("."), 0 if port == usual else port


class Deadline:
    """Closes the connections that it watches when their time is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self.end)
        self._timer.daemon = True

    @contextmanager
    def running(self) -> Iterator[Deadline]:
        """Start the deadline for the duration of the context."""
        self._timer.start()
        try:
            yield self
        finally:
            self._timer.cancel()
            with self._lock:
                while self._sockets:
                    self._sockets.pop().close()

    def watch(self, connected: socket.socket) -> None:
        """Watch a connection; TimeoutError if the time is already over."""
        with self._lock:
            if self.is_over:
                raise TimeoutError("the response timed out")
            # A duplicate stays valid when TLS takes over the socket.
            self._sockets.append(connected.dup())

    def end(self) -> None:
        """Close the connections now."""
        with self._lock:
            self.is_over = True
            for connected in self._sockets:
                with suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)

    def overrun(self, address: str) -> DownloadError:
        """The error for a response that exceeded the deadline."""
        return DownloadError(
            f"{address} did not send a complete response within {self.seconds:.0f} seconds.",
            hint="Check the network and the proxy, then try again.",
        )


def watched_pools(
    watch: Callable[[socket.socket], None],
) -> dict[str, type[HTTPConnectionPool | HTTPSConnectionPool]]:
    """urllib3 connection pool classes by scheme; `watch` gets each socket as soon as it is connected."""

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

    # urllib3 includes the names of these classes in its messages.
    for kind in (_Plain, _Safe, _PlainPool, _SafePool):
        kind.__name__ = kind.__qualname__ = kind.__bases__[0].__name__
    _PlainPool.ConnectionCls, _SafePool.ConnectionCls = _Plain, _Safe
    return {"http": _PlainPool, "https": _SafePool}


def pieces_within(response: BaseHTTPResponse, limit: int, address: str) -> Iterator[bytes]:
    """The decoded content of a response in pieces; DownloadError if it is larger than `limit` bytes."""
    received = 0
    while piece := response.read(_PIECE, decode_content=True):
        received += len(piece)
        if received > limit:
            raise too_large(address, limit)
        yield piece


def too_large(address: str, limit: int) -> DownloadError:
    """The error for a response that is too large."""
    return DownloadError(
        f"The response from {address} is larger than {in_units(limit)}.",
        hint="Check the address; it may not be the intended server.",
    )
