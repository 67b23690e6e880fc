"""Keeps unit tests to themselves: no network, no other process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

FORBIDDEN = {
    "socket.connect": "opens a connection",
    "socket.getaddrinfo": "asks for a network address",
    "subprocess.Popen": "starts a process",
    "os.exec": "replaces the process",
    "os.posix_spawn": "starts a process",
    "os.spawn": "starts a process",
    "os.system": "starts a shell",
}
"""Audit events that a unit test must not cause, and what they mean."""


class OutsideWorldError(BaseException):
    """A unit test reached for the outside world; no handler of ordinary exceptions may hide that."""


@dataclass(slots=True)
class Guard:
    """Stands watch while it is raised."""

    raised: bool = False

    def install(self) -> None:
        """Listen to the interpreter's audit events; that can never be undone."""
        sys.addaudithook(self._judge)

    @contextmanager
    def up(self) -> Iterator[None]:
        """Forbid the outside world for a while."""
        before, self.raised = self.raised, True
        try:
            yield
        finally:
            self.raised = before

    def _judge(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.raised and event in FORBIDDEN:
            shown = ", ".join(repr(argument) for argument in arguments[:2])
            raise OutsideWorldError(
                f"this unit test {FORBIDDEN[event]} ({event}: {shown}); pass a fake as an argument instead"
            )
