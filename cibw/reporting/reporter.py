"""The reporter type, and how to combine reporters."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock

from cibw.model.events import Event

Reporter = Callable[[Event], None]
"""Gets every event of a run, one at a time and in order."""


def combine(*reporters: Reporter) -> Reporter:
    """A thread-safe reporter that passes each event to all reporters.

    If one fails, the others still get the event; the last error is raised.
    """
    lock = Lock()

    def report(event: Event) -> None:
        # The stack calls all of them, last in, first out, even if some fail.
        with lock, ExitStack() as stack:
            for reporter in reversed(reporters):
                stack.callback(reporter, event)

    return report
