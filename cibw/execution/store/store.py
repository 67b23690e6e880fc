"""The store of finished wheels."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cibw.execution.files import (
    Table,
    copy_with_hash,
    put_in_place,
    read_table,
    read_texts,
    remove_tree,
    write_bytes,
    write_table,
)
from cibw.execution.store.keys import SOURCE

# The store: finished wheels on disk, by their inputs. May be shared between processes.

_LOCK_SECONDS = 20
_SECRET_BYTES = 32
_ENTRY = "entry.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWheel:
    """A stored wheel. `project` is the directory that it was built from, and `seconds` is the duration of its build."""

    filename: str
    size: int
    sha256: str
    identifier: str = ""
    project: str = ""
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()


class Store:
    """A directory of wheels by key, passed tests, and the last keys of a project in detail.

    Raises OSError if the directory cannot be written to. Broken entries count as missing.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def secret(self) -> bytes:
        """Return the secret for hashes: random, created once, and readable only by its owner."""
        path = self.directory / "secret"
        with suppress(OSError):
            found = path.read_bytes()
            if len(found) == _SECRET_BYTES:
                return found
        with self._locked():
            if not path.is_file() or path.stat().st_size != _SECRET_BYTES:
                write_bytes(path, secrets.token_bytes(_SECRET_BYTES), mode=0o600)
            return path.read_bytes()

    def find(self, key: str) -> StoredWheel | None:
        """Return the wheel of a key. An entry that was made for another key is ignored."""
        table = read_table(self._place(key) / _ENTRY)
        return _entry(table) if table.get("key") == key else None

    def take(self, key: str, directory: Path) -> StoredWheel | None:
        """Copy the wheel of a key into a directory.

        Return None if there is none or it is broken; a broken one is removed.
        """
        place = self._place(key)
        wheel = self.find(key)
        if wheel is None:
            return None
        try:
            is_whole = copy_with_hash(place / wheel.filename, directory / wheel.filename) == wheel.sha256
        except FileNotFoundError:
            is_whole = False
        if not is_whole:
            self.remove(key)
            return None
        with suppress(OSError):
            os.utime(place / _ENTRY)
        return wheel

    def put(self, key: str, wheel: Path, entry: StoredWheel) -> None:
        """Store a copy of a wheel under a key, replacing an earlier one."""
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{key}.{os.getpid()}.part")
        try:
            partial.mkdir()
            if copy_with_hash(wheel, partial / entry.filename) != entry.sha256:
                return
            write_table(partial / _ENTRY, {"key": key, **_table(entry)})
            with self._locked():
                self.remove(key)
                put_in_place(partial, place)
        finally:
            remove_tree(partial)

    def remove(self, key: str) -> None:
        """Remove the wheel of a key."""
        remove_tree(self._place(key))

    def has_passed(self, key: str) -> bool:
        """Return whether tests have passed under a key."""
        mark = self._mark(key)
        if not mark.exists():
            return False
        with suppress(OSError):
            os.utime(mark)
        return True

    def pass_tests(self, key: str) -> None:
        """Record that tests have passed under a key."""
        write_bytes(self._mark(key), b"")

    def last_parts(self, project: str, identifier: str) -> dict[str, str]:
        """Return the parts of the last key under which a wheel of a project was stored."""
        return read_texts(self._last(project, identifier), "parts")

    def last_files(self, project: str, identifier: str) -> dict[str, str]:
        """Return the hashes of the files that this wheel was built from."""
        source = read_table(self._last(project, identifier)).get("source")
        return read_texts(self._files(str(source))) if source else {}

    def remember(self, project: str, identifier: str, parts: Mapping[str, str], files: Mapping[str, str]) -> None:
        """Save the parts of the newest key of a project and an identifier, and its file hashes."""
        source = parts[SOURCE]
        if not self._files(source).exists():
            write_table(self._files(source), files)
        write_table(self._last(project, identifier), {"source": source, "parts": dict(parts)})

    def sources_in_use(self) -> set[str]:
        """Return the sources that `last_files` refers to."""
        return {str(read_table(path).get("source")) for path in self.directory.glob("last/*/*.json")}

    def memo(self, project: str) -> Path:
        """Return the path of the hash cache for a project's files."""
        return self.directory / "memos" / f"{project}.json"

    def entries(self) -> Iterator[tuple[str, StoredWheel, float]]:
        """Yield keys, wheels, and the time of their last use, in seconds since the epoch."""
        for path in self.directory.glob(f"wheels/*/*/{_ENTRY}"):
            wheel = _entry(read_table(path))
            with suppress(OSError):
                if wheel is not None:
                    yield path.parent.name, wheel, path.stat().st_mtime

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock

        self.directory.mkdir(parents=True, exist_ok=True)
        with FileLock(self.directory / "lock", timeout=_LOCK_SECONDS):
            yield

    def _place(self, key: str) -> Path:
        return self.directory / "wheels" / key[:2] / key

    def _mark(self, key: str) -> Path:
        return self.directory / "tests" / key

    def _last(self, project: str, identifier: str) -> Path:
        return self.directory / "last" / project / f"{identifier}.json"

    def _files(self, source: str) -> Path:
        return self.directory / "sources" / f"{source}.json"


def _entry(table: Table) -> StoredWheel | None:
    filename, size, sha256 = (table.get(name) for name in ("filename", "size", "sha256"))
    if not isinstance(filename, str) or not isinstance(size, int) or not isinstance(sha256, str):
        return None
    if not filename.endswith(".whl") or "/" in filename:
        return None
    seconds, warnings = table.get("seconds"), table.get("warnings")
    return StoredWheel(
        filename=filename,
        size=size,
        sha256=sha256,
        identifier=str(table.get("identifier", "")),
        project=str(table.get("project", "")),
        seconds=seconds if isinstance(seconds, float) else 0.0,
        warnings=tuple(map(str, warnings)) if isinstance(warnings, list) else (),
    )


def _table(entry: StoredWheel) -> Table:
    return {
        "filename": entry.filename,
        "size": entry.size,
        "sha256": entry.sha256,
        "identifier": entry.identifier,
        "project": entry.project,
        "seconds": entry.seconds,
        "warnings": list(entry.warnings),
    }


# Limits the size of the store by removing the least recently used wheels.

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
