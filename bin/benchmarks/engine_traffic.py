"""A socket in front of a container engine's that passes everything on and keeps when it came."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_KEPT = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of traffic: which connection, when (monotonic seconds), whence, and its first bytes."""

    connection: int
    when: float
    from_client: bool
    data: bytes


class Traffic:
    """What went over a socket; threads add to it."""

    def __init__(self, engine: Path) -> None:
        self.chunks: list[Chunk] = []
        self._engine = engine

    @contextmanager
    def listening(self, path: Path) -> Iterator[None]:
        """Listen at a new socket for as long as the context lasts."""
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen(64)
            threading.Thread(target=self._accept, args=(server,), daemon=True).start()
            yield
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

    def _accept(self, server: socket.socket) -> None:
        number = 0
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                number += 1
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(str(self._engine))
                for ends in ((client, engine, True), (engine, client, False)):
                    threading.Thread(target=self._relay, args=(number, *ends), daemon=True).start()

    def _relay(self, number: int, source: socket.socket, target: socket.socket, from_client: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.chunks.append(
                    Chunk(connection=number, when=time.monotonic(), from_client=from_client, data=data[:_KEPT])
                )
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
