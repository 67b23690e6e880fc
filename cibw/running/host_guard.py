"""Makes sure that no process outlives cibw, even if cibw is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_PROGRAM = Path(__file__).parent.parent / "resources" / "end_processes.py"
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


class Guard:
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


GUARD = Guard()
"""The guard of this process."""
