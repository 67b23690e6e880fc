"""A directory of the host for the builds of one project, which has the same path in every run."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from filelock import FileLock, Timeout

from cibw.running.removal import remove_tree

_SPLITS_WORDS = re.compile(r"[\s&|<>^%!(),;='\"`]")


@contextmanager
def host_place(project: str) -> Iterator[Path]:
    """A new directory, which goes with all that is in it when the context ends.

    Compilers that keep what they compiled know a file by its path. Another path is taken where
    another run builds the project at the same time.
    """
    with ExitStack() as stack:
        place = _steady(project, stack) or Path(tempfile.mkdtemp(prefix="cibw-", dir=_temporary()))
        stack.callback(remove_tree, place)
        yield place


def numbered(place: Path, name: str) -> Path:
    """A new directory in a place: `name-1`, or the next number that is free."""
    for number in count(1):
        directory = place / f"{name}-{number}"
        try:
            directory.mkdir()
        except FileExistsError:
            continue
        return directory
    raise AssertionError("numbers do not end")


def _steady(project: str, stack: ExitStack) -> Path | None:
    if os.name == "nt":
        # The compilers that cibw brings, for which the path matters, are those of Linux.
        return None
    root = Path(_temporary()) / f"cibw-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    found = root.lstat()
    # Others may write where the root lies, and must not prepare what a build finds there.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        return None
    place = root / hashlib.sha256(project.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    try:
        stack.enter_context(FileLock(f"{place}.lock", timeout=0))
    except Timeout:
        return None
    # A run that was killed has left it.
    remove_tree(place)
    place.mkdir(exist_ok=True)
    return place


def _temporary() -> str:
    """The user's directory for temporary files, unless its name would fall apart in a command with placeholders."""
    if os.name == "nt":
        # The variable often holds a short name such as RUNNER~1.
        return whole_on_windows(str(Path(tempfile.gettempdir()).resolve()), os.path.expandvars("%ProgramData%"))
    # On a Mac it lies behind a link, and tools that compare directories would meet two names of one.
    chosen = os.path.realpath(tempfile.gettempdir())
    return chosen if shlex.quote(chosen) == chosen else "/tmp"  # noqa: S108  # what is made there is ours alone


def whole_on_windows(chosen: str, common: str) -> str:
    """A directory for temporary files whose name is one word for cmd.exe: the user's, else that of all users."""
    return common if _SPLITS_WORDS.search(chosen) else chosen
