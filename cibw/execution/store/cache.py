"""Verifies and repairs the cache directory."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from cibw.errors import CibwError
from cibw.execution.files import read_table, remove_tree, shared_lock, write_table

# Verifies that a cache directory still has its original contents, and removes it otherwise.

Notice = Callable[[str], None]
_PIECE = 1 << 20
_SEAL = "cibw-seal"
_NEW = "new"
"""The entry that marks a compiler cache as new, before it has outputs."""
_USERS = "users.lock"
_UNSETTLED_SECONDS = 2.0
"""A file that was modified this recently may still be open for writing."""
_BYTECODE = "__pycache__"


def ignore(_notice: str) -> None:
    """Ignore a notice."""


def seal_of(tree: Path) -> Path:
    """Return the path of a directory's seal, which is inside it."""
    return tree / _SEAL


def seal_tree(tree: Path) -> None:
    """Record the SHA-256 of all files of a directory."""
    files = {name: [*_look(path), _sha256(path)] for name, path in _files(tree)}
    write_table(seal_of(tree), files)


def is_intact(tree: Path) -> bool:
    """Return whether a directory contains exactly the files of its seal, plus bytecode. Without a seal, create one.

    A file whose size and time match the seal is not read.
    """
    if not os.path.lexists(seal_of(tree)):
        seal_tree(tree)
        return True
    sealed = read_table(seal_of(tree))
    found = dict(_files(tree))
    return bool(sealed) and found.keys() == sealed.keys() and all(_fits(found[name], sealed[name]) for name in found)


def remove_damaged(tree: Path, notice: Notice) -> bool:
    """Remove a directory that is damaged, with one notice. Return whether there is an intact one."""
    if not os.path.lexists(tree):
        return False
    if tree.is_dir() and is_intact(tree):
        return True
    notice(f"{tree} is damaged; removing and recreating it.")
    remove_tree(tree)
    return False


@contextmanager
def sealing_outputs(cache: Path, folders: Sequence[str]) -> Iterator[None]:
    """Record the outputs in some folders of a compiler cache when the context ends.

    All outputs are recorded if nobody else uses the cache then, otherwise those that are not new.
    """
    with shared_lock(cache / _USERS) as is_alone:
        try:
            yield
        finally:
            seal_outputs(cache, folders, is_alone=is_alone())


def seal_outputs(cache: Path, folders: Iterable[str], *, is_alone: bool = False) -> None:
    """Record the files in some folders of a compiler cache, which the compiler writes once and never changes.

    Unless the caller is the only user of the cache, a new file may still be written.
    """
    since = float("inf") if is_alone else time.time() - _UNSETTLED_SECONDS
    looks = {name: look for name, path in _outputs(cache, folders) if (look := _look(path))[1] / 1e9 < since}
    if looks:
        with suppress(OSError):
            write_table(seal_of(cache), looks)


def remove_damaged_cache(cache: Path, folders: Sequence[str], notice: Notice, *, manifests: str = "") -> None:
    """Remove a compiler cache, with one notice, if a recorded output is missing or has changed.

    It is also removed if its records are missing or unreadable, or if its folder of manifests contains anything but
    files: a compiler hangs if one file has two names through links.
    """
    if not _is_cache_intact(cache, folders, manifests):
        notice(f"{cache} is damaged; removing and recreating it.")
        remove_tree(cache)
    if not os.path.lexists(seal_of(cache)):
        # A killed run records nothing. The initial entry distinguishes a new cache from one without records.
        with suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
            write_table(seal_of(cache), {_NEW: []})


def _is_cache_intact(cache: Path, folders: Sequence[str], manifests: str) -> bool:
    if manifests and not _holds_files_alone(cache / manifests):
        return False
    found = {name: _look(path) for name, path in _outputs(cache, folders)}
    if not os.path.lexists(seal_of(cache)):
        return not found
    sealed = read_table(seal_of(cache))
    return bool(sealed) and all(name == _NEW or found.get(name) == look for name, look in sealed.items())


def _holds_files_alone(folder: Path) -> bool:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return all(entry.is_file(follow_symlinks=False) for entry in entries)
    return True


def _outputs(cache: Path, folders: Iterable[str]) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        yield from ((f"{folder}/{name}", path) for name, path in _files(cache / folder))


def _files(tree: Path) -> Iterator[tuple[str, Path]]:
    """Yield all files and links below a directory except bytecode, with their relative names."""
    for parent, directories, names in os.walk(tree):
        if _BYTECODE in directories:
            directories.remove(_BYTECODE)
        links = [name for name in directories if Path(parent, name).is_symlink()]
        for name in (*names, *links):
            path = Path(parent, name)
            if path != seal_of(tree):
                yield path.relative_to(tree).as_posix(), path


def _look(path: Path) -> list[int]:
    try:
        found = path.lstat()
    except OSError:
        return [-1, 0, 0]
    return [found.st_size, found.st_mtime_ns, stat.S_IFMT(found.st_mode)]


def _fits(path: Path, sealed: object) -> bool:
    match sealed:
        case [size, time_ns, kind, digest]:
            look = _look(path)
            return look == [size, time_ns, kind] or (look[2] == kind and _sha256(path) == digest)
        case _:
            return False


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    if path.is_symlink():
        digest.update(os.fsencode(path.readlink()))
    elif path.is_file():
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    return digest.hexdigest()


# Repairs the layout of the cache directory: checks that directories are directories and files are writable files.

_DIRECTORIES = (
    *("downloads", "environments", "interpreters", "pyodide", "uv", "volumes"),
    *("store", "store/last", "store/memos", "store/sources", "store/tests", "store/wheels", "store/wheels/*"),
    *("toolchains", "toolchains/fallback", "toolchains/fallback/c++", "toolchains/include", "toolchains/links"),
    *("zig", "zig/b", "zig/h", "zig/o", "zig/tmp", "zig/z"),
)
# Glob patterns match a dangling link only if their last component contains a wildcard.
_FILES = (
    *("CACHEDIR.TAG", "interpreters.json", "store/lock", "store/secret", "toolchains/.lock"),
    *("toolchains/fallback/crypt.h", "toolchains/fallback/c++/*"),
    *("volumes/*.json", "pyodide/*/.loc[k]", "pyodide/*/.complet[e]"),
    *("*.lock", "*/*.lock", "*/*/*.lock"),
)


def repair_layout(cache: Path, notice: Notice) -> None:
    """Remove each cache entry that has the wrong file type, with one notice per entry.

    A directory may be a symbolic link to a directory, because users move large caches to other disks. Raises
    CibwError with the path if the entry cannot be removed.
    """
    for path in dict.fromkeys((*_wrong_directories(cache), *_wrong_files(cache))):
        try:
            _remove(path)
        except OSError as error:
            raise CibwError(
                f"{path} in the cache is damaged and cannot be removed: {error.strerror}.",
                hint="Remove it manually, or set CIBW_CACHE_PATH to another directory.",
            ) from error
        notice(f"{path} is damaged; removing and recreating it.")


def _wrong_directories(cache: Path) -> Iterator[Path]:
    for pattern in _DIRECTORIES:
        yield from (path for path in _there(cache, pattern) if not path.is_dir())


def _wrong_files(cache: Path) -> Iterator[Path]:
    for pattern in _FILES:
        for path in _there(cache, pattern):
            if not stat.S_ISREG(path.lstat().st_mode) or not os.access(path, os.R_OK | os.W_OK):
                yield path


def _there(cache: Path, pattern: str) -> list[Path]:
    found = list(cache.glob(pattern)) if "*" in pattern else [cache / pattern]
    return [path for path in found if os.path.lexists(path)]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
        if path.exists():
            path.rmdir()
    else:
        path.unlink()
