"""Repairs the layout of the cache directory: checks that directories are directories and files are writable files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cibw.errors import CibwError
from cibw.running.removal import remove_tree
from cibw.running.seals import Notice

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
