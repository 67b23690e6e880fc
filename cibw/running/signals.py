"""Handles the signals that interrupt a run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, a service manager, a closed terminal, and Ctrl-Break on Windows. No system has all of them."""


@dataclass(slots=True, kw_only=True)
class Wish:
    """Whether the run was asked to end."""

    heard: bool = False


@contextmanager
def signals_heard() -> Iterator[Wish]:
    """Record signals as a request to end, instead of raising an exception during cleanup.

    Only works in the main thread; other threads are unaffected. Signals that the caller ignores, such as SIGHUP
    with `nohup`, stay ignored.
    """
    wish = Wish()

    def hear(_number: int, _frame: object) -> None:
        # Neither a lock nor an event, because the interrupted thread may hold it.
        wish.heard = True

    is_main = threading.current_thread() is threading.main_thread()
    numbers = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__] if is_main else []
    before = {number: signal.getsignal(number) for number in numbers}
    taken = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in taken:
            signal.signal(number, hear)
        yield wish
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
