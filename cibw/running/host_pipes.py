"""Reads the output of a process until the process has ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import IO

from cibw.running.lines import OutputSplitter

CHUNK = 1 << 16
_LOOK_SECONDS = 0.1
_LAST_WORDS_SECONDS = 1.0
_LARGEST_PIPES = 2 << 20
"""The most that two pipes hold, as far as a user may enlarge them."""
_WAITING_CHUNKS = 32


class Patience:
    """Decides how long to read the output of a command that has ended."""

    def __init__(self) -> None:
        self._deadline = 0.0
        self._surplus = 0

    @property
    def seconds(self) -> float:
        """Return how long to wait for more output."""
        return 0.0 if self._deadline and time.monotonic() > self._deadline else _LOOK_SECONDS

    def is_over(self, size: int) -> bool:
        """Return whether to stop, given the size of the last chunk.

        The pipes must first be empty of the command's own output.
        """
        now = time.monotonic()
        self._deadline = self._deadline or now + _LAST_WORDS_SECONDS
        if now < self._deadline:
            return False
        self._surplus += size
        return size == 0 or self._surplus > _LARGEST_PIPES


class PipeReader:
    """Reads each stream in a thread, for systems that cannot wait for several pipes at once.

    `streams` says of each stream whether it is standard error. Output after the end of `read` is discarded, because
    a full pipe would block its writer. The streams are closed at their ends.
    """

    def __init__(self, streams: Mapping[bool, IO[bytes]]) -> None:
        self._chunks: Queue[tuple[bool, bytes]] = Queue(_WAITING_CHUNKS)
        self._is_over = Event()
        self._open = len(streams)
        for is_error, stream in streams.items():
            Thread(target=self._pump, args=(is_error, stream), name="read", daemon=True).start()

    def read(self, splitter: OutputSplitter, has_ended: Callable[[], bool]) -> None:
        """Pass on output in this thread until the streams end, or the process has ended and its output is read."""
        patience = Patience()
        try:
            while self._open:
                size = self._take(splitter, patience.seconds)
                if has_ended() and patience.is_over(size):
                    return
        finally:
            self._is_over.set()

    def _take(self, splitter: OutputSplitter, seconds: float) -> int:
        try:
            is_error, chunk = self._chunks.get(seconds > 0, seconds or None)
        except Empty:
            return 0
        self._open -= not chunk
        splitter.feed(chunk, is_error=is_error)
        return len(chunk)

    def _pump(self, is_error: bool, stream: IO[bytes]) -> None:
        with stream:
            chunk = b"-"
            while chunk:
                chunk = os.read(stream.fileno(), CHUNK)
                self._give((is_error, chunk))

    def _give(self, piece: tuple[bool, bytes]) -> None:
        while not self._is_over.is_set():
            try:
                self._chunks.put(piece, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return
