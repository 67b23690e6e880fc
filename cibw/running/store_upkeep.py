"""Limits the size of the store by removing the least recently used wheels."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from cibw.running.store import Store

_DAY = 86_400.0
_NOTES_DAYS = 90
_PARTIAL_DAYS = 1
_MEANWHILE_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The number of removed wheels, and their bytes."""

    wheels: int = 0
    size: int = 0


def prune(store: Store, limit: int, *, days: float | None = None) -> Removed:
    """Remove wheels not used for `days` days, then the least recently used until the rest fits `limit`."""
    now = time.time()
    entries = sorted(store.entries(), key=lambda entry: entry[2])
    total = sum(wheel.size for _key, wheel, _used in entries)
    count = removed = 0
    for key, wheel, used in entries:
        is_old = days is not None and now - used > days * _DAY
        if is_old or total - removed > limit:
            store.remove(key)
            count, removed = count + 1, removed + wheel.size
    _sweep(store.directory, now)
    _drop_unused_sources(store, now)
    return Removed(wheels=count, size=removed)


def clear(store: Store) -> Removed:
    """Remove everything from the store."""
    entries = list(store.entries())
    # The lock and the secret are kept, because another process may be using them.
    for name in ("wheels", "tests", "last", "sources", "memos"):
        shutil.rmtree(store.directory / name, ignore_errors=True)
    return Removed(wheels=len(entries), size=sum(wheel.size for _key, wheel, _used in entries))


def _sweep(directory: Path, now: float) -> None:
    """Remove old records, and leftovers of killed processes."""
    for pattern, days in (
        ("tests/*", _NOTES_DAYS),
        ("last/*/*.json", _NOTES_DAYS),
        ("memos/*.json", _NOTES_DAYS),
        ("**/.*.part", _PARTIAL_DAYS),
    ):
        for path in directory.glob(pattern):
            if _age(path, now) > days * _DAY:
                _remove(path)


def _drop_unused_sources(store: Store, now: float) -> None:
    used = store.sources_in_use()
    for path in store.directory.glob("sources/*.json"):
        # A process writes the files first, and then the entry that refers to them.
        if path.stem not in used and _age(path, now) > _MEANWHILE_SECONDS:
            _remove(path)


def _age(path: Path, now: float) -> float:
    """Return the seconds since a file was written, or 0 if it has just been removed."""
    try:
        return now - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
