"""Connections that keep containers alive: each container ends when the connection to its standard input closes."""

from __future__ import annotations

import threading
from contextlib import suppress

from cibw.running.container_stream import Connection, ExecStream

_BEAT_SECONDS = 30.0
_BEAT = b"\n"


class Attachments:
    """Open connections by container. May be shared between threads.

    With `beats` some data is sent periodically. Routers and firewalls drop idle connections, which would end the
    container in the middle of a build.
    """

    def __init__(self, *, beats: bool, seconds: float = _BEAT_SECONDS) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, ExecStream] = {}
        self._beats = beats
        self._seconds = seconds
        self._is_over = threading.Event()

    def add(self, container: str, connection: Connection) -> None:
        """Keep a connection to a container open."""
        with self._lock:
            self._open[container] = ExecStream(connection)
            if self._beats:
                self._beats = False
                threading.Thread(target=self._beat, name="keep containers alive", daemon=True).start()

    def drop(self, container: str) -> None:
        """Close the connection to a container, if there is one."""
        with self._lock:
            stream = self._open.pop(container, None)
        if stream is not None:
            stream.close()

    def close(self) -> None:
        """Close all connections."""
        self._is_over.set()
        for container in tuple(self._open):
            self.drop(container)

    def _beat(self) -> None:
        while not self._is_over.wait(self._seconds):
            with self._lock:
                streams = tuple(self._open.values())
            for stream in streams:
                # The container is gone. Commands in it report that.
                with suppress(OSError):
                    stream.send(_BEAT)
