"""Removes directories regardless of their contents."""

from __future__ import annotations

import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

_TRIES = 5
_PAUSE = 0.2


def remove_tree(directory: Path) -> None:
    """Remove a directory with its contents, as far as the system permits. A missing directory is ignored.

    A file or a link in its place is removed as well.

    Windows removes neither read-only files, such as those of git, nor open files. Many files are open for a moment
    after they were written, because a virus scanner reads them.
    """
    if directory.is_symlink() or directory.is_file():
        with suppress(OSError):
            directory.unlink()
        return
    shutil.rmtree(directory, ignore_errors=True)
    for number in range(_TRIES):
        if not directory.exists() or os.name != "nt":
            return
        _make_writable(directory)
        time.sleep(_PAUSE * number)
        shutil.rmtree(directory, ignore_errors=True)


def _make_writable(directory: Path) -> None:
    for parent, _directories, files in os.walk(directory):
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink() and not os.access(path, os.W_OK):
                path.chmod(path.stat().st_mode | stat.S_IWRITE)


def put_in_place(source: Path, target: Path) -> None:
    """Rename a file or directory, replacing what has the new name.

    On Windows, wait briefly for other programs to close it.
    """
    if target.is_symlink() or (target.is_dir() and not source.is_dir()) or (target.is_file() and source.is_dir()):
        remove_tree(target)
    for number in range(_TRIES if os.name == "nt" else 0):
        with suppress(PermissionError):
            source.replace(target)
            return
        time.sleep(_PAUSE * (number + 1))
    source.replace(target)
