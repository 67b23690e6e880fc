"""Unpacks untrusted archives. No other module does that.

An archive is read to its end and every entry is checked before anything is written. Files are always created, never
opened or replaced, and links are created last, so that nothing is written through a link.
"""

from __future__ import annotations

import os
import stat
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Protocol

from cibw.untrusted.archives import PIECE, ArchiveEntry, EntryChecker, EntryKind, FileSystem, Parts, decompressed
from cibw.untrusted.limits import UNPACKED, Limits, Meter, UnsafeEntryError
from cibw.untrusted.tars import TarReader
from cibw.untrusted.zips import FIRST_BYTES, CheckedZip, open_zip

THIS_SYSTEM = FileSystem(folds=sys.platform in ("darwin", "win32"), is_windows=sys.platform == "win32")
_IN_MEMORY = 16 << 20
"""Archives that unpack to more bytes than this are kept in a temporary file while they are checked."""
_LONGEST_TARGET = 4096
"""An upper bound for the target of a link, in bytes."""
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class _Spool(Protocol):
    """A file for the decompressed contents of an archive."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""

    def write(self, data: bytes, /) -> int:
        """Append bytes."""

    def seek(self, position: int, /) -> int:
        """Set the position."""


def _ignore() -> None:
    """Never interrupt."""


def unpack_into(
    directory: Path, archive: Path, *, limits: Limits = UNPACKED, check_cancelled: Callable[[], None] = _ignore
) -> None:
    """Unpack a tar archive (plain, gzip, bzip2 or xz) or a zip archive into an existing empty directory.

    Raises ArchiveError, before anything is written, if the archive is damaged, has an unsafe entry, or is too
    large. `check_cancelled` is called from time to time and may raise to cancel.
    """
    writer = _Writer(directory)
    with archive.open("rb") as file:
        if file.read(len(FIRST_BYTES)) == FIRST_BYTES:
            with open_zip(archive, limits) as opened:
                _unpack_zip(opened, writer, check_cancelled)
            return
        with SpooledTemporaryFile(_IN_MEMORY, dir=str(directory.parent)) as plain:
            meter = Meter(limits, file.seek(0, 2))
            _decompress(file, plain, meter, check_cancelled)
            members = _Members(plain, limits.entries)
            _judge(members, writer.listing, meter, check_cancelled)
            _write(members, writer, check_cancelled)


def _decompress(file: BinaryIO, plain: _Spool, meter: Meter, check_cancelled: Callable[[], None]) -> None:
    with decompressed(file, meter) as stream:
        while piece := stream.read(PIECE):
            check_cancelled()
            plain.write(piece)


@dataclass(frozen=True, slots=True)
class _Members:
    """The members of a decompressed tar archive, which can be iterated repeatedly."""

    plain: _Spool
    most: int

    def read(self) -> TarReader:
        self.plain.seek(0)
        return TarReader(self.plain, self.most)


def _judge(members: _Members, listing: EntryChecker, meter: Meter, check_cancelled: Callable[[], None]) -> None:
    sizes: dict[Parts, int] = {}
    for member in members.read():
        check_cancelled()
        parts = listing.add(member.entry)
        sizes[parts] = member.size
        # The target of a hard link is copied.
        if member.entry.kind is EntryKind.HARD_LINK:
            meter.add(sizes[listing.hard_links.get(parts, parts)])
    listing.finish()


def _write(members: _Members, writer: _Writer, check_cancelled: Callable[[], None]) -> None:
    reader = members.read()
    for number, member in enumerate(reader, start=1):
        check_cancelled()
        writer.add(number, member.entry, reader.pieces(), mode=member.mode, mtime=member.mtime)
    writer.finish()


def _unpack_zip(opened: CheckedZip, writer: _Writer, check_cancelled: Callable[[], None]) -> None:
    entries: list[tuple[zipfile.ZipInfo, ArchiveEntry]] = []
    meter = opened.meter()
    for info in opened.infos:
        check_cancelled()
        kind = _kind_in_zip(info)
        for piece in opened.pieces(info):
            meter.add(len(piece))
        target = opened.first_bytes(info, _LONGEST_TARGET) if kind is EntryKind.SYMBOLIC_LINK else b""
        # zipfile shortens or changes `filename` to suit the file system.
        entry = ArchiveEntry(name=info.orig_filename, kind=kind, target=target.decode("utf-8", "surrogateescape"))
        writer.listing.add(entry)
        entries.append((info, entry))
    writer.listing.finish()
    for number, (info, entry) in enumerate(entries, start=1):
        check_cancelled()
        writer.add(number, entry, opened.pieces(info), mode=info.external_attr >> 16, mtime=_time_in_zip(info))
    writer.finish()


def _kind_in_zip(info: zipfile.ZipInfo) -> EntryKind:
    mode = info.external_attr >> 16
    if info.is_dir():
        return EntryKind.DIRECTORY
    if stat.S_ISLNK(mode):
        return EntryKind.SYMBOLIC_LINK
    return EntryKind.FILE if stat.S_IFMT(mode) in (0, stat.S_IFREG) else EntryKind.SPECIAL


def _time_in_zip(info: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0


class _Writer:
    """Writes the entries that a listing allows."""

    def __init__(self, directory: Path) -> None:
        self.listing = EntryChecker(THIS_SYSTEM)
        self._directory = directory
        self._made: set[Parts] = {()}
        self._links: dict[Parts, str] = {}

    def add(self, number: int, entry: ArchiveEntry, pieces: Iterable[bytes], *, mode: int, mtime: float) -> None:
        """Write the entry with a number that is counted from 1, or postpone it to the end."""
        parts = self.listing.path_of(entry)
        if not self.listing.is_last(parts, number):
            return
        self._make_directory(parts if entry.kind is EntryKind.DIRECTORY else parts[:-1])
        if entry.kind is EntryKind.FILE:
            self._create(parts, pieces, is_program=bool(mode & stat.S_IXUSR))
            os.utime(self._directory.joinpath(*parts), (mtime, mtime))
        elif entry.kind is EntryKind.SYMBOLIC_LINK:
            self._links[parts] = entry.target

    def finish(self) -> None:
        """Create the links."""
        for parts, source in self.listing.hard_links.items():
            self._copy(source, parts)
        for parts, target in self._links.items():
            self._directory.joinpath(*parts).symlink_to(target)

    def _make_directory(self, parts: Parts) -> None:
        for length in range(1, len(parts) + 1):
            if parts[:length] not in self._made:
                self._directory.joinpath(*parts[:length]).mkdir(mode=0o755)
                self._made.add(parts[:length])

    def _create(self, parts: Parts, pieces: Iterable[bytes], *, is_program: bool) -> None:
        path = self._directory.joinpath(*parts)
        try:
            descriptor = os.open(path, _CREATE, 0o600)
        except FileExistsError as error:
            raise UnsafeEntryError(
                f"{'/'.join(parts)!r} has the same name as another entry on this file system"
            ) from error
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
        # Permissions for other users and setuid bits are not taken from the archive.
        path.chmod(0o755 if is_program else 0o644)

    def _copy(self, source: Parts, parts: Parts) -> None:
        path = self._directory.joinpath(*source)
        status = path.stat()
        with path.open("rb") as file:
            self._create(parts, _pieces(file), is_program=bool(status.st_mode & stat.S_IXUSR))
        os.utime(self._directory.joinpath(*parts), (status.st_mtime, status.st_mtime))


def _pieces(file: BinaryIO) -> Iterable[bytes]:
    while piece := file.read(PIECE):
        yield piece
