"""Watches for an interrupt during long operations."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cibw.errors import CibwError

_LOOK_SECONDS = 0.1


@contextmanager
def ended_by(go_on: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """Call `end` once, from another thread, if `go_on` raises before the context ends."""
    over = threading.Event()

    def watch() -> None:
        try:
            while not over.wait(_LOOK_SECONDS):
                go_on()
        except CibwError:
            end()

    watcher = threading.Thread(target=watch, name="watch for an interrupt")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def pause(seconds: float, go_on: Callable[[], None], sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait, but raise the error of `go_on` as soon as it raises one."""
    for _ in range(round(seconds / _LOOK_SECONDS)):
        go_on()
        sleep(_LOOK_SECONDS)
