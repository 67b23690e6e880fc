"""A lock file that the system frees when the last process that holds it has ended."""

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
    """Windows lets nobody read what is locked, so that a byte behind the text is."""

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
    """An exclusive lock on a file; children that inherit `descriptor` hold it, too, until it is released.

    filelock does not serve here: it hands out no descriptor.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    def note(self, text: str) -> None:
        """Write one line into the file, for those who wait."""
        with suppress(OSError):
            os.ftruncate(self.descriptor, 0)
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            os.write(self.descriptor, f"{text}\n".encode("utf-8", "replace"))

    def release(self, *, removes: bool = False) -> None:
        """Free the lock for all that hold it, and remove its file if asked to."""
        if removes and os.name != "nt":
            # Before the lock is free: later, the file may be another process's.
            with suppress(OSError):
                self.path.unlink()
        with suppress(OSError):
            _free(self.descriptor)
        os.close(self.descriptor)
        if removes and os.name == "nt":
            with suppress(OSError):
                self.path.unlink()


def take_lock(path: Path) -> HeldLock | None:
    """Lock a file, which is made where it is missing; None where another process holds it.

    OSError where the file can't be opened, or its file system has no locks.
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
        # Its last holder removed the file between the two calls.
        os.close(descriptor)


@contextmanager
def shared_lock(path: Path) -> Iterator[Callable[[], bool]]:
    """Hold a file together with others; the function that is given says whether nobody else holds it any more.

    Once it has said so, others wait until the context ends. Where there is no such lock, it never says so.
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
        # Another user's file can be locked all the same.
        return os.open(path, os.O_RDONLY | _FLAGS)


def read_note(path: Path) -> str:
    """What the holder of a lock wrote into its file; empty where nothing can be read."""
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_NOTE).decode("utf-8", "replace")
    except OSError:
        return ""
    return "".join(letter for letter in text.partition("\n")[0] if letter.isprintable())


def _is_still(path: Path, descriptor: int) -> bool:
    if os.name == "nt":
        # An open file can't be removed there.
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
