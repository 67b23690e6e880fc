"""A program that listens on a private socket for the duration of a run."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from cibw.errors import EngineUnavailableError
from cibw.running.host_guard import GUARD
from cibw.running.scratch import scratch_directory, temporary_directory

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_PAUSE = 0.02
_IDLE_SECONDS = 600
"""An open connection counts as activity, and each container has one.

The limit is for a service whose guard was killed, too.
"""
_LONGEST_PARENT = 60
"""A socket path may have 104 bytes on some systems, and `/cibw-4294967295/service-12345678/s.sock` is appended."""


class HostService:
    """A running service. `socket` is its socket. Must be stopped, even after an error."""

    def __init__(self, process: subprocess.Popen[bytes], socket: Path, stack: ExitStack) -> None:
        self.socket = socket
        self._process = process
        self._stack = stack

    @property
    def pid(self) -> int:
        """The id of the service's process."""
        return self._process.pid

    def stop(self) -> None:
        """Stop the service and remove its directory. Further calls do nothing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        GUARD.end(self._process.pid)
        self._stack.close()


def start_podman_service(program: str, environment: Mapping[str, str], listens: Callable[[Path], bool]) -> HostService:
    """Start Podman's API on a private socket.

    Raise EngineUnavailableError with Podman's output if it exits immediately.
    """
    return start_service(
        lambda socket: [program, "system", "service", f"--time={_IDLE_SECONDS}", f"unix://{socket}"],
        environment,
        listens,
    )


def start_service(
    argv: Callable[[Path], Sequence[str]], environment: Mapping[str, str], listens: Callable[[Path], bool]
) -> HostService:
    """Start the program that `argv` returns for a socket, and wait until it is listening.

    It gets its own session, because a Ctrl-C in the terminal must not stop it before its containers are removed.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory("service", _parent()))
        socket = directory / "s.sock"
        log = directory / "log"
        process = _started(list(argv(socket)), environment, log)
        service = HostService(process, socket, stack.pop_all())
    try:
        _wait(process, log, lambda: listens(socket))
    except BaseException:
        service.stop()
        raise
    return service


def _started(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    try:
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise EngineUnavailableError(f"{command[0]} cannot be started: {error}") from error
    GUARD.begin(process.pid, is_service=True)
    return process


def _parent() -> Path:
    """Return a directory for temporary files whose path is short enough for a socket in it."""
    parent = temporary_directory()
    return parent if len(str(parent)) < _LONGEST_PARENT else Path("/tmp")  # noqa: S108  # what is made there is ours


def _wait(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        words = log.read_text("utf-8", "replace").strip().splitlines()
        shown = f": {words[-1]}" if words else ""
        if process.poll() is not None:
            raise EngineUnavailableError(f"The service ended with exit code {process.returncode}{shown}")
        if time.monotonic() > deadline:
            raise EngineUnavailableError(f"The service is not listening after {_START_SECONDS:.0f} s{shown}")
        time.sleep(_PAUSE)
