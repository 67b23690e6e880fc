"""A program that serves at a private socket for the length of a run."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cibw.errors import EngineUnavailableError

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_PAUSE = 0.02
_LONGEST_SOCKET = 100
"""A socket's path may have 104 bytes on some systems."""


class HostService:
    """A running service; `socket` is where it listens. To be stopped, also after a failure."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path, socket: Path) -> None:
        self.socket = socket
        self._process = process
        self._directory = directory

    @property
    def pid(self) -> int:
        """The id of the service's process."""
        return self._process.pid

    def stop(self) -> None:
        """End the service and remove its directory; to be called again does nothing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)


def start_podman_service(program: str, environment: Mapping[str, str], listens: Callable[[Path], bool]) -> HostService:
    """Start Podman's API at a private socket; EngineUnavailableError with Podman's words where it ends at once."""
    return start_service(
        lambda socket: [program, "system", "service", "--time=0", f"unix://{socket}"], environment, listens
    )


def start_service(
    argv: Callable[[Path], Sequence[str]], environment: Mapping[str, str], listens: Callable[[Path], bool]
) -> HostService:
    """Start the program that `argv` gives for a socket, and wait until it listens there.

    It gets a session of its own: a Ctrl-C in the terminal must not end it before its containers are removed.
    """
    directory = _private_directory()
    socket = directory / "s.sock"
    log = directory / "log"
    command = list(argv(socket))
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
        shutil.rmtree(directory, ignore_errors=True)
        raise EngineUnavailableError(f"{command[0]} can't be started: {error}") from error
    service = HostService(process, directory, socket)
    try:
        _wait(process, log, lambda: listens(socket))
    except BaseException:
        service.stop()
        raise
    return service


def _private_directory() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="cibw-"))
    if len(str(directory)) < _LONGEST_SOCKET - len("/s.sock"):
        return directory
    directory.rmdir()
    return Path(tempfile.mkdtemp(prefix="cibw-", dir="/tmp"))


def _wait(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        words = log.read_text("utf-8", "replace").strip().splitlines()
        shown = f": {words[-1]}" if words else ""
        if process.poll() is not None:
            raise EngineUnavailableError(f"The service ended with exit code {process.returncode}{shown}")
        if time.monotonic() > deadline:
            raise EngineUnavailableError(f"The service does not listen after {_START_SECONDS:.0f} s{shown}")
        time.sleep(_PAUSE)
