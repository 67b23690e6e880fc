"""Processes of a host, from their start to the end of their last child."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import IO

from cibw.execution.machine import OutputSink, OutputSplitter
from cibw.model.templates import CommandRequest

# Makes sure that no process outlives cibw, even if cibw is killed.

_PROGRAM = Path(__file__).parents[2] / "resources" / "end_processes.py"
_SCRIPT = """
trap '' HUP INT QUIT TERM
python=$1 program=$2 groups=' '
shift 2
while read -r word group; do
  case $word in
    begin) groups="$groups$group " ;;
    end) groups="${groups%% "$group" *} ${groups#* "$group" }" ;;
    quit) exit 0 ;;
  esac
done
[ "$groups" = ' ' ] && [ $# = 0 ] && exit 0
"$python" -I -S "$program" "$groups" "$@" || for group in $groups; do kill -9 "-${group%t}"; done
"""
"""A shell, because it starts within a millisecond. The pipe that it reads from closes when cibw ends for any reason."""
_SECONDS = 5.0
_SERVICE = "t"
"""Marks the group of a program that is asked to end before it is killed."""

Start = Callable[[tuple[Path, ...], tuple[int, ...]], "subprocess.Popen[bytes] | None"]


class ProcessGuard:
    """A helper process that ends all other processes that cibw started. May be shared between threads.

    It starts with the first of them. A Linux parent-death signal does not work here: it is sent when the thread
    that started a process ends, and it never reaches grandchildren. On Windows job objects do all of this.
    """

    def __init__(self, start: Start | None = None) -> None:
        self._start = start or _start
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: dict[int, str] = {}
        self._places: dict[Path, int | None] = {}

    @property
    def locks(self) -> tuple[int, ...]:
        """Return the lock descriptors that the commands of the run must inherit."""
        with self._lock:
            return self._descriptors()

    def begin(self, group: int, *, is_service: bool = False) -> None:
        """Register a process group to be ended with cibw."""
        with self._lock:
            self._groups[group] = f"{group}{_SERVICE * is_service}"
            self._say(f"begin {self._groups[group]}")

    def end(self, group: int) -> None:
        """Unregister a process group that has ended."""
        with self._lock:
            name = self._groups.pop(group, "")
            if name and self._process is not None:
                self._say(f"end {name}")

    @contextmanager
    def watching(self, place: Path, lock: int | None = None) -> Iterator[None]:
        """When cibw ends, end the processes whose environment names a directory, and hold the lock until then."""
        with self._lock:
            self._places[place] = lock
            self._renew()
        try:
            yield
        finally:
            with self._lock:
                del self._places[place]
                self._renew()

    def _descriptors(self) -> tuple[int, ...]:
        return tuple(lock for lock in self._places.values() if lock is not None)

    def _say(self, line: str) -> None:
        if self._process is None:
            self._renew()
        elif not _written(self._process, line):
            # The guard was killed.
            self._renew()

    def _renew(self) -> None:
        """Start a new guard process, because only a new one can inherit a lock."""
        earlier, self._process = self._process, None
        if self._groups or self._places:
            self._process = self._start(tuple(self._places), self._descriptors())
        if self._process is not None:
            for name in self._groups.values():
                _written(self._process, f"begin {name}")
        _dismiss(earlier)


def run_guarded(
    command: Sequence[str], environment: Mapping[str, str] | None, timeout: float | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a short command and return its result. Raise OSError if it cannot be started, or TimeoutExpired."""
    # Windows has no sessions. Commands of this kind end by themselves there.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as process:
        GUARD.begin(process.pid)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException:
            _kill(process)
            raise
        finally:
            GUARD.end(process.pid)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    import signal

    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _start(places: tuple[Path, ...], locks: tuple[int, ...]) -> subprocess.Popen[bytes] | None:
    if sys.platform == "win32":
        return None
    words = ["/bin/sh", "-c", _SCRIPT, "cibw-guard", sys.executable, str(_PROGRAM), *map(str, places)]
    try:
        return subprocess.Popen(
            words,
            cwd="/",
            env={"PATH": os.defpath},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=locks,
        )
    except OSError:
        # Builds also work without the guard, but their processes outlive a cibw that is killed.
        return None


def _written(process: subprocess.Popen[bytes], line: str) -> bool:
    if process.stdin is None:
        return False
    try:
        os.write(process.stdin.fileno(), f"{line}\n".encode())
    except OSError:
        return False
    return True


def _dismiss(process: subprocess.Popen[bytes] | None) -> None:
    if process is None or process.stdin is None:
        return
    _written(process, "quit")
    process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_SECONDS)


GUARD = ProcessGuard()
"""The guard of this process."""


# Reads the output of a process until the process has ended.

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


# Processes of a POSIX host, each in its own group, from their start to the end of their last child.

_GRACE_SECONDS = 5.0
_PAUSE = 0.02


class HostProcess:
    """A running command. Raises OSError if it cannot be started."""

    def __init__(self, request: CommandRequest) -> None:
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
