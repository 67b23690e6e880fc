"""Signals that ask a run to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, a service manager, a terminal that was closed, Ctrl-Break of Windows; no system has all of them."""


@dataclass(slots=True, kw_only=True)
class Wish:
    """Whether somebody asked the run to end."""

    heard: bool = False


@contextmanager
def signals_heard() -> Iterator[Wish]:
    """Take signals as a wish, however many come, instead of an exception in the midst of cleaning up.

    Only the main thread may do so; in another one nothing changes. What the caller ignores, as
    `nohup` does with SIGHUP, stays ignored.
    """
    wish = Wish()

    def hear(_number: int, _frame: object) -> None:
        # No lock and no event: the thread that this interrupts may hold them.
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
