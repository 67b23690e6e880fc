"""Atomic writes, locks, temporary directories, and the removal of directories."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shlex
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from cibw.untrusted.limits import parse_json, read_limited

# Removes directories regardless of their contents.

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


# Files of the store: written atomically, and validated when read.

_BLOCK = 1 << 20
_MOST = 256 << 20
"""A project may have a million files, and a table lists all of them."""
Table = dict[str, object]


def write_table(path: Path, table: Mapping[str, object]) -> None:
    """Write a table as JSON under a temporary name, then rename it."""
    write_bytes(path, json.dumps(table).encode())


def write_bytes(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file under a temporary name, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    remove_tree(partial)
    try:
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            stream.write(content)
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_table(path: Path) -> Table:
    """Return the table in a JSON file, or an empty table if the file is missing or broken."""
    try:
        parsed: object = parse_json(read_limited(path, _MOST))
    except (OSError, ValueError):
        return {}
    return {str(name): value for name, value in parsed.items()} if isinstance(parsed, dict) else {}


def read_texts(path: Path, key: str = "") -> dict[str, str]:
    """Return the strings in a JSON file, or in the table under a key in it; empty if there are none."""
    table: object = read_table(path)
    if key:
        table = table.get(key) if isinstance(table, dict) else None
    return {str(name): str(value) for name, value in table.items()} if isinstance(table, dict) else {}


def copy_with_hash(source: Path, target: Path) -> str:
    """Copy a file's content and return its SHA-256. Raise FileNotFoundError if the source is not a regular file."""
    if not source.is_file():
        # Opening a FIFO would block.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(source))
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
    return digest.hexdigest()


# A lock file that the system releases when the last process that holds it ends.

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


# Directories for temporary files, each with a lock. Leftovers of a killed run are removed by a later run.

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


# Allows one run at a time to write to an output directory.

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
