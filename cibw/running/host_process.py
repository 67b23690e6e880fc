"""Processes of the host, each in a group of its own, from their start to the end of their last child."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from threading import Thread
from typing import IO

from cibw.model.command import Request
from cibw.running.lines import OutputSplitter
from cibw.running.machine import OutputSink

_CHUNK = 1 << 16
_LOOK_SECONDS = 0.1
_LAST_WORDS_SECONDS = 1.0
_GRACE_SECONDS = 5.0
_PAUSE = 0.02
_LARGEST_PIPES = 2 << 20
"""Two pipes hold no more, as far as a user may make them larger."""


class HostProcess:
    """One running command; OSError where it can't be started."""

    def __init__(self, request: Request) -> None:
        self._process = subprocess.Popen(
            request.argv,
            cwd=request.cwd,
            env=dict(request.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._drains: list[Thread] = []

    def finish(self, output: OutputSink) -> tuple[int, str]:
        """Wait for the end, and give the exit code and what standard output began with.

        The end of the command counts, not that of its output: a service that it started in the
        background may hold that open for as long as it lives.
        """
        splitter = OutputSplitter(output)
        self._read(splitter)
        code = self._process.wait()
        self._drains = [_drain(stream) for stream in self._streams()]
        return (code if code >= 0 else 128 - code), splitter.close()

    @property
    def left_children(self) -> bool:
        """Whether something that the command started still holds its output open."""
        return any(drain.is_alive() for drain in self._drains)

    def end(self) -> None:
        """End the process and its whole group: politely, then by force."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
                self._wait_for_group()

    def close(self) -> None:
        """Close the output of a command that was not read to its end."""
        # Who drains a stream closes it, and would stumble over one that another thread has closed.
        for stream in () if self._drains else self._streams():
            stream.close()

    def _streams(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdout is None or self._process.stderr is None:
            raise ValueError("the streams of the process are not piped")
        return self._process.stdout, self._process.stderr

    def _read(self, splitter: OutputSplitter) -> None:
        stdout, stderr = self._streams()
        patience = _Patience()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ, False)
            selector.register(stderr, selectors.EVENT_READ, True)
            while selector.get_map():
                size = 0
                for key, _events in selector.select(patience.seconds):
                    chunk = os.read(key.fd, _CHUNK)
                    splitter.feed(chunk, is_error=key.data is True)
                    size += len(chunk)
                    _ = chunk or selector.unregister(key.fd)
                if self._process.poll() is not None and patience.is_over(size):
                    return

    def _wait_for_group(self) -> None:
        """Return when the group is empty or the grace is over; ProcessLookupError where it is empty."""
        deadline = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < deadline:
            self._process.poll()
            os.killpg(self._process.pid, 0)
            time.sleep(_PAUSE)


class _Patience:
    """How long the output of a command that has ended is still read."""

    def __init__(self) -> None:
        self._deadline = 0.0
        self._surplus = 0

    @property
    def seconds(self) -> float:
        """How long to wait for more."""
        return 0.0 if self._deadline and time.monotonic() > self._deadline else _LOOK_SECONDS

    def is_over(self, size: int) -> bool:
        """Whether to stop, by how much came at last: not before the pipes may be empty of the command's own words."""
        now = time.monotonic()
        self._deadline = self._deadline or now + _LAST_WORDS_SECONDS
        if now < self._deadline:
            return False
        self._surplus += size
        return size == 0 or self._surplus > _LARGEST_PIPES


def _drain(stream: IO[bytes]) -> Thread:
    """Take what is still written, as a full or a closed pipe would stop who writes; ends at the end of the stream."""
    thread = Thread(target=_discard, args=(stream,), name="drain", daemon=True)
    thread.start()
    return thread


def _discard(stream: IO[bytes]) -> None:
    with stream:
        while os.read(stream.fileno(), _CHUNK):
            pass
