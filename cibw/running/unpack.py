"""Unpacks archives into directories that several runs may share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cibw.errors import DownloadError
from cibw.running.fetch import always
from cibw.running.locks import alone
from cibw.running.removal import put_in_place, remove_tree
from cibw.untrusted.faults import ArchiveError, UnsafeEntryError
from cibw.untrusted.unpacking import unpack_into


def unpack(archive: Path, target: Path, go_on: Callable[[], None] = always) -> Path:
    """Unpack an archive into the directory `target`, and return that directory.

    An existing directory is used as it is. Otherwise it is created completely or not at all; runs that need the
    same directory wait for each other. Raises DownloadError for an archive that is broken, too large, or has an
    unsafe entry.
    """
    with alone(target, go_on):
        if target.is_dir():
            return target
        partial = target.with_name(f".{target.name}.part")
        _remove(partial)
        try:
            partial.mkdir()
            _unpack(archive, partial, go_on)
            put_in_place(partial, target)
        finally:
            _remove(partial)
    return target


def _remove(directory: Path) -> None:
    if directory.exists():
        remove_tree(directory)


def _unpack(archive: Path, directory: Path, go_on: Callable[[], None]) -> None:
    try:
        unpack_into(directory, archive, go_on=go_on)
    except UnsafeEntryError as error:
        raise DownloadError(
            f"{archive} was not unpacked because it contains an unsafe entry: {error}.",
            hint="Check where the archive comes from.",
        ) from error
    except ArchiveError as error:
        raise DownloadError(f"Cannot unpack {archive}: {error}.", hint="Remove it to download it again.") from error
