"""Directories for temporary files, each with a lock. Leftovers of a killed run are removed by a later run."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cibw.running.held_lock import HeldLock, take_lock
from cibw.running.removal import remove_tree

_SPLITS_WORDS = re.compile(r"[\s&|<>^%!(),;='\"`]")
_LOCK = ".lock"
_PROCESSES = Path("/proc")


def temporary_directory() -> Path:
    """Return the user's temporary directory, unless its name would be split in a command with placeholders."""
    if os.name == "nt":
        # The variable often contains a short name such as RUNNER~1.
        chosen = str(Path(tempfile.gettempdir()).resolve())
        return Path(whole_on_windows(chosen, os.path.expandvars("%ProgramData%")))
    # On macOS it is behind a link, and tools that compare directories would see two names for one.
    chosen = os.path.realpath(tempfile.gettempdir())
    return Path(chosen if shlex.quote(chosen) == chosen else "/tmp")  # noqa: S108  # what is made there is ours alone


def whole_on_windows(chosen: str, common: str) -> str:
    """Return a temporary directory whose path is one word for cmd.exe: the user's, else that of all users."""
    return common if _SPLITS_WORDS.search(chosen) else chosen


def private_root(parent: Path) -> Path | None:
    """Return this user's directory for runs below a temporary directory, or None if others could write to it."""
    if sys.platform == "win32":
        if parent == Path(os.path.expandvars("%ProgramData%")):
            return None
        root = parent / "cibw"
        root.mkdir(exist_ok=True)
        return root
    root = parent / f"cibw-{os.getuid()}"
    with suppress(FileExistsError):
        root.mkdir(mode=0o700)
    found = root.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077
    return root if is_ours else None


def lock_place(place: Path) -> HeldLock | None:
    """Lock the file beside a directory.

    Return None if another run holds it. Raise OSError if locks are not supported.
    """
    return take_lock(place.with_name(f"{place.name}{_LOCK}"))


@contextmanager
def scratch_directory(name: str, parent: Path | None = None) -> Iterator[Path]:
    """Create a temporary directory that is removed with its contents when the context ends."""
    parent = parent or temporary_directory()
    root = private_root(parent)
    place = (root or parent) / f"{name if root else f'cibw-{name}'}-{secrets.token_hex(4)}"
    lock = None
    if root is not None:
        with suppress(OSError):
            lock = lock_place(place)
        remove_dead(root)
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        remove_tree(place)
        if lock is not None:
            lock.release(removes=True)


def remove_dead(root: Path) -> None:
    """Remove the directories of runs that ended without cleaning up, unless a process still uses one."""
    for path in root.glob(f"*{_LOCK}"):
        # Leftovers of another run must not fail this one.
        with suppress(OSError):
            _remove_if_dead(path.with_suffix(""))


def _remove_if_dead(place: Path) -> None:
    lock = lock_place(place)
    if lock is None:
        return
    is_inhabited = place.is_dir() and inhabited(place)
    if not is_inhabited:
        remove_tree(place)
    lock.release(removes=not is_inhabited)


def inhabited(place: Path) -> bool:
    """Return whether a process works in a directory or names it in its environment, as far as can be determined."""
    return any(_lives_in(process, str(place)) for process in _PROCESSES.glob("[0-9]*"))


def _lives_in(process: Path, place: str) -> bool:
    with suppress(OSError):
        if (process / "cwd").readlink().is_relative_to(place):
            return True
        return os.fsencode(f"{place}/") in (process / "environ").read_bytes()
    return False
