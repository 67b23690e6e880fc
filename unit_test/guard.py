"""Keeps unit tests to themselves: no network, no other process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
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
        """Listen to the interpreter's audit events; that can never be undone.

        The hook is a dictionary's `get`, which runs code in Python for forbidden events alone. Setting a trace function
        is an event as well, and some versions of CPython fail where the hook lets another thread set one meanwhile.
        """
        wires: dict[object, object] = {_Tripwire(event, self._judge): None for event in FORBIDDEN}
        sys.addaudithook(wires.get)

    @contextmanager
    def up(self) -> Iterator[None]:
        """Forbid the outside world for a while."""
        before, self.raised = self.raised, True
        try:
            yield
        finally:
            self.raised = before

    def _judge(self, event: str) -> None:
        if self.raised:
            raise OutsideWorldError(f"this unit test {FORBIDDEN[event]} ({event}); pass a fake as an argument instead")


class _Tripwire:
    """A key with the hash of an event's name: whoever looks up that name, asks it."""

    def __init__(self, event: str, judge: Callable[[str], None]) -> None:
        self._event = event
        self._judge = judge

    def __hash__(self) -> int:
        return hash(self._event)

    def __eq__(self, other: object) -> bool:
        if other == self._event:
            self._judge(self._event)
        return self is other
