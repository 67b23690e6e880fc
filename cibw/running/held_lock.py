"""A lock file that the system releases when the last process that holds it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30
    """Windows does not allow reading locked bytes, so a byte after the text is locked."""

    def _try(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _share(_descriptor: int) -> None:
        raise OSError("Windows has no shared locks of this kind")

    def _free(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _share(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def _free(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_LONGEST_NOTE = 200


class HeldLock:
    """An exclusive lock on a file. Child processes that inherit `descriptor` hold it, too, until it is released.

    filelock cannot be used here because it does not expose its descriptor.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    def note(self, text: str) -> None:
        """Write one line into the file for processes that wait for the lock."""
        with suppress(OSError):
            os.ftruncate(self.descriptor, 0)
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            os.write(self.descriptor, f"{text}\n".encode("utf-8", "replace"))

    def release(self, *, removes: bool = False) -> None:
        """Release the lock for all holders, and optionally remove its file."""
        if removes and os.name != "nt":
            # Before the lock is released, because afterwards the file may belong to another process.
            with suppress(OSError):
                self.path.unlink()
        with suppress(OSError):
            _free(self.descriptor)
        os.close(self.descriptor)
        if removes and os.name == "nt":
            with suppress(OSError):
                self.path.unlink()


def take_lock(path: Path) -> HeldLock | None:
    """Lock a file, creating it if necessary. Return None if another process holds the lock.

    Raises OSError if the file cannot be opened or its file system does not support locks.
    """
    while True:
        descriptor = _open(path)
        try:
            if not _try(descriptor):
                os.close(descriptor)
                return None
            if _is_still(path, descriptor):
                return HeldLock(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        # The previous holder removed the file between the two calls.
        os.close(descriptor)


@contextmanager
def shared_lock(path: Path) -> Iterator[Callable[[], bool]]:
    """Hold a shared lock. The yielded function returns whether no other process holds it any more.

    Once it has returned true, others wait until the context ends. If shared locks are not supported, it never does.
    """
    try:
        descriptor = _open(path)
    except OSError:
        yield lambda: False
        return
    try:
        yield partial(_try, descriptor) if _is_shared(descriptor) else lambda: False
    finally:
        os.close(descriptor)


def _is_shared(descriptor: int) -> bool:
    try:
        _share(descriptor)
    except OSError:
        return False
    return True


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o666)
    except PermissionError:
        # A file of another user can be locked nevertheless.
        return os.open(path, os.O_RDONLY | _FLAGS)


def read_note(path: Path) -> str:
    """Return what the holder of a lock wrote into its file, or an empty string if it cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_NOTE).decode("utf-8", "replace")
    except OSError:
        return ""
    return "".join(letter for letter in text.partition("\n")[0] if letter.isprintable())


def _is_still(path: Path, descriptor: int) -> bool:
    if os.name == "nt":
        # Windows cannot remove an open file.
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
