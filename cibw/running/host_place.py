"""A host directory for the builds of one project, with the same path in every run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from cibw.running.held_lock import HeldLock
from cibw.running.host_guard import GUARD, Guard
from cibw.running.removal import remove_tree
from cibw.running.scratch import (
    inhabited,
    lock_place,
    private_root,
    remove_dead,
    scratch_directory,
    temporary_directory,
)


@contextmanager
def host_place(project: str, guard: Guard = GUARD) -> Iterator[Path]:
    """Create a directory that is removed with its contents when the context ends.

    Compiler caches identify a file by its path. Another path is used if another run builds the project at the same
    time, or if processes of a killed run are still alive: the commands of a run hold the lock of its directory, and
    so does the guard that ends them.
    """
    with ExitStack() as stack:
        yield _steady(project, guard, stack) or stack.enter_context(_other(guard))


def numbered(place: Path, name: str) -> Path:
    """Create a directory `name-1`, or with the next unused number."""
    for number in count(1):
        directory = place / f"{name}-{number}"
        try:
            directory.mkdir()
        except FileExistsError:
            continue
        return directory
    raise AssertionError("numbers do not end")


def _steady(project: str, guard: Guard, stack: ExitStack) -> Path | None:
    if os.name == "nt":
        # The path matters for the compilers that cibw provides, which exist only for Linux.
        return None
    root = private_root(temporary_directory())
    if root is None:
        return None
    name = hashlib.sha256(project.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    try:
        lock = _first_free(root, name)
    except OSError:
        # The file system does not support locks.
        return None
    place = lock.path.with_suffix("")
    stack.callback(lock.release, removes=True)
    stack.callback(remove_tree, place)
    # Left behind by a killed run.
    remove_tree(place)
    place.mkdir()
    stack.enter_context(guard.watching(place, lock.descriptor))
    remove_dead(root)
    return place


def _first_free(root: Path, name: str) -> HeldLock:
    for number in count(1):
        place = root / (name if number == 1 else f"{name}-{number}")
        lock = lock_place(place)
        if lock is None:
            continue
        if not (place.is_dir() and inhabited(place)):
            return lock
        lock.release()
    raise AssertionError("numbers do not end")


@contextmanager
def _other(guard: Guard) -> Iterator[Path]:
    with scratch_directory("host") as place, guard.watching(place):
        yield place
