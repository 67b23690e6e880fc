"""Telling a command that could not be started from one that failed; pure."""

from __future__ import annotations

from cibw.running.container_api import RefusedError

_CANNOT_START = 126
_NOT_FOUND = 127
_PODMAN_GENERAL = 125
_DOCKER_WORDS = b"OCI runtime exec failed"


class StartFaults:
    """Watches the beginning of a command's output for the words of the engine itself.

    Docker writes them to standard output, Podman gives some of them the exit code 125.
    """

    def __init__(self) -> None:
        self._first = True
        self._seen = False

    def judge(self, chunk: bytes, is_error: bool) -> bool:
        """Whether a piece of output belongs to standard error."""
        if self._first:
            self._first = False
            from_docker = not is_error and chunk.startswith(_DOCKER_WORDS)
            from_podman = is_error and chunk.startswith(b"Error: ") and b"OCI " in chunk
            self._seen = from_docker or from_podman
            return is_error or from_docker
        return is_error

    def exit_code(self, code: int) -> int:
        """The exit code, where a command that did not start has 126 or 127."""
        return _CANNOT_START if self._seen and code == _PODMAN_GENERAL else code

    def exit_code_of(self, refused: RefusedError) -> int:
        """The exit code of a command that the engine refused to start; the error itself where it is another one."""
        message = refused.message
        if "exec failed" not in message and "OCI " not in message and "executable file" not in message:
            raise refused
        return _NOT_FOUND if "not found" in message or "no such file" in message.lower() else _CANNOT_START
