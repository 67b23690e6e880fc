"""Processes of a POSIX host, each in its own group, from their start to the end of their last child."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from threading import Thread
from typing import IO

from cibw.model.command import Request
from cibw.running.host_guard import GUARD
from cibw.running.host_pipes import CHUNK, Patience
from cibw.running.lines import OutputSplitter
from cibw.running.machine import OutputSink

_GRACE_SECONDS = 5.0
_PAUSE = 0.02


class HostProcess:
    """A running command. Raises OSError if it cannot be started."""

    def __init__(self, request: Request) -> None:
        self._process = subprocess.Popen(
            request.argv,
            cwd=request.cwd,
            env=dict(request.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=GUARD.locks,
        )
        GUARD.begin(self._process.pid)
        self._drains: list[Thread] = []

    def finish(self, output: OutputSink) -> tuple[int, str]:
        """Wait for the end, and return the exit code and the beginning of standard output.

        The end of the command counts, not the end of its output: a background service may hold the output open for
        as long as it runs.
        """
        splitter = OutputSplitter(output)
        self._read(splitter)
        code = self._process.wait()
        self._drains = [_drain(stream) for stream in self._streams()]
        self._forget_if_over()
        return (code if code >= 0 else 128 - code), splitter.close()

    @property
    def left_children(self) -> bool:
        """Return whether a process that the command started still runs in its group or holds its output open."""
        return self._has_group or any(drain.is_alive() for drain in self._drains)

    def end(self) -> None:
        """End the process and its whole group: first with SIGTERM, then with SIGKILL."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
                self._wait_for_group()
        self._forget_if_over()

    def close(self) -> None:
        """Close the output of a command that was not read to its end."""
        # The thread that drains a stream closes it, and would fail if another thread had closed it.
        for stream in () if self._drains else self._streams():
            stream.close()

    @property
    def _has_group(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            # macOS reports this for a group of zombies.
            return sys.platform != "darwin"
        return True

    def _forget_if_over(self) -> None:
        if not self._has_group:
            GUARD.end(self._process.pid)

    def _streams(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdout is None or self._process.stderr is None:
            raise ValueError("the streams of the process are not piped")
        return self._process.stdout, self._process.stderr

    def _read(self, splitter: OutputSplitter) -> None:
        stdout, stderr = self._streams()
        patience = Patience()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ, False)
            selector.register(stderr, selectors.EVENT_READ, True)
            while selector.get_map():
                size = 0
                for key, _events in selector.select(patience.seconds):
                    chunk = os.read(key.fd, CHUNK)
                    splitter.feed(chunk, is_error=key.data is True)
                    size += len(chunk)
                    _ = chunk or selector.unregister(key.fd)
                if self._process.poll() is not None and patience.is_over(size):
                    return

    def _wait_for_group(self) -> None:
        """Return when the group is empty or the grace period is over.

        Raise ProcessLookupError if the group is empty.
        """
        deadline = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < deadline:
            self._process.poll()
            os.killpg(self._process.pid, 0)
            time.sleep(_PAUSE)


def _drain(stream: IO[bytes]) -> Thread:
    """Read the remaining output, because a full or closed pipe would block its writer.

    Ends at the end of the stream.
    """
    thread = Thread(target=_discard, args=(stream,), name="drain", daemon=True)
    thread.start()
    return thread


def _discard(stream: IO[bytes]) -> None:
    with stream:
        while os.read(stream.fileno(), CHUNK):
            pass
