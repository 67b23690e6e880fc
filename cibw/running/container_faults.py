"""Distinguishes commands that could not be started from commands that failed; pure."""

from __future__ import annotations

from cibw.running.container_api import RefusedError

_CANNOT_START = 126
_NOT_FOUND = 127
_PODMAN_GENERAL = 125
_DOCKER_WORDS = b"OCI runtime exec failed"


class StartFaults:
    """Checks the beginning of a command's output for error messages of the engine.

    Docker writes them to standard output. Podman uses exit code 125 for some of them.
    """

    def __init__(self) -> None:
        self._first = True
        self._seen = False

    def judge(self, chunk: bytes, is_error: bool) -> bool:
        """Return whether a chunk of output belongs to standard error."""
        if self._first:
            self._first = False
            from_docker = not is_error and chunk.startswith(_DOCKER_WORDS)
            from_podman = is_error and chunk.startswith(b"Error: ") and b"OCI " in chunk
            self._seen = from_docker or from_podman
            return is_error or from_docker
        return is_error

    def exit_code(self, code: int) -> int:
        """Return the exit code. A command that did not start has 126 or 127."""
        return _CANNOT_START if self._seen and code == _PODMAN_GENERAL else code

    def exit_code_of(self, refused: RefusedError) -> int:
        """Return the exit code of a command that the engine refused to start.

        Raise the error if it has another cause.
        """
        message = refused.message
        if "exec failed" not in message and "OCI " not in message and "executable file" not in message:
            raise refused
        return _NOT_FOUND if "not found" in message or "no such file" in message.lower() else _CANNOT_START
