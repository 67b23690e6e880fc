"""What a reporter is, and how several become one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock

from cibw.model.events import Event

Reporter = Callable[[Event], None]
"""Gets every event of a run, one at a time and in order."""


def combine(*reporters: Reporter) -> Reporter:
    """One reporter that hands each event to all; it may be called from several threads at once.

    Where one fails, the others hear of the event all the same; the last error is raised.
    """
    lock = Lock()

    def report(event: Event) -> None:
        # The stack calls them last in, first out, each whatever the others do.
        with lock, ExitStack() as stack:
            for reporter in reversed(reporters):
                stack.callback(reporter, event)

    return report
