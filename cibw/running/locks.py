"""Locks between runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cibw.running.removal import remove_tree

_LOOK_SECONDS = 0.2


@contextmanager
def alone(path: Path, go_on: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file or directory, which is a file beside it. `go_on` raises an error to stop waiting."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f"{path.name}.lock")
    if place.is_dir() or place.is_symlink():
        remove_tree(place)
    lock = FileLock(place)
    while not lock.is_locked:
        go_on()
        try:
            lock.acquire(timeout=_LOOK_SECONDS)
        except Timeout:
            continue
    try:
        yield
    finally:
        lock.release()
