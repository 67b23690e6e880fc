"""Allows one run at a time to write to an output directory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cibw.running.held_lock import HeldLock, read_note, take_lock
from cibw.running.removal import remove_tree

LOCK_NAME = ".cibw.lock"
"""Hidden, so that a glob such as `wheelhouse/*` does not match it."""
_LOOK_SECONDS = 0.2
_PARTIAL = (".whl.part", ".tar.gz.part", ".json.part")


@contextmanager
def sole_writer(
    directory: Path, node: str, tell: Callable[[str], None], pause: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Lock an existing output directory, and remove leftovers of killed runs from it.

    Waits for another run that writes there; KeyboardInterrupt ends the wait. `node` names this computer in the
    message for waiting runs. The lock is a file in the directory, so that runs on other computers and in containers
    see it, too. If the file system does not support locks, `tell` receives a warning and the run continues.
    """
    try:
        lock = _waited_for(directory, tell, pause)
    except OSError as error:
        tell(
            f"Cannot lock {directory}: {error.strerror}. Do not start another cibw with this output directory "
            "until this one has finished."
        )
        yield
        return
    try:
        lock.note(f"process {os.getpid()} on {node}, since {time.strftime('%Y-%m-%d %H:%M:%S')}")
        _remove_dead(directory)
        yield
    finally:
        lock.release(removes=True)


def _waited_for(directory: Path, tell: Callable[[str], None], pause: Callable[[float], None]) -> HeldLock:
    path = directory / LOCK_NAME
    is_told = False
    while (lock := take_lock(path)) is None:
        holder = read_note(path)
        if holder and not is_told:
            is_told = True
            tell(
                f"{directory} is in use by another cibw ({holder}). Waiting for it to finish; press Ctrl-C to stop "
                "waiting."
            )
        pause(_LOOK_SECONDS)
        directory.mkdir(parents=True, exist_ok=True)
    return lock


def _remove_dead(directory: Path) -> None:
    for path in directory.glob(".*"):
        with suppress(OSError):
            if path.name.startswith(".cibw-") and path.is_dir() and not path.is_symlink():
                remove_tree(path)
            elif path.name.endswith(_PARTIAL):
                path.unlink()
