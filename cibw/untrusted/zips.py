"""Reads zip archives. Limits are checked before memory is allocated, and members against their checksums."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cibw.untrusted.archives import PIECE
from cibw.untrusted.limits import WHEEL, ArchiveError, BrokenArchiveError, Limits, Meter, OversizedArchiveError

FIRST_BYTES = b"PK\x03\x04"
METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated", 12: "bzip2", 14: "lzma", 93: "zstandard"}
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _STREAMED = 0x1, 0x8
_IN_EXTRA = 0xFFFFFFFF
"""Stands for a size that is in the extra field (zip64)."""
_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_LOCAL, _CENTRAL = struct.Struct("<4s2x2H8x2L2H"), struct.Struct("<4s24x3H12x")
_END_SIZE, _END64_SIZE, _LOCATOR64_SIZE = 22, 56, 20
_LONGEST_COMMENT = 0xFFFF
_FAULTS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error),
    *(EOFError, ValueError, RuntimeError, LookupError, OverflowError),
)
"""Errors that `zipfile` and its decompressors raise for broken or encrypted archives."""


class CheckedZip:
    """An open zip archive whose directory matches its members. All its errors are ArchiveErrors.

    `oddities` are places where a program that reads the archive from its beginning may see something other than one
    that reads its directory.
    """

    def __init__(self, archive: zipfile.ZipFile, packed: int, limits: Limits, oddities: tuple[str, ...] = ()) -> None:
        self._archive = archive
        self.oddities = oddities
        self._packed = packed
        self._limits = limits
        self.infos = tuple(archive.infolist())
        self._by_name = {info.filename: info for info in self.infos}

    @property
    def is_plain(self) -> bool:
        """Return whether all members are stored or deflated.

        Others are never read, because they may expand without limit.
        """
        return all(info.compress_type in _PLAIN for info in self.infos)

    def pieces(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield the content of a member, whose CRC is checked at the end."""
        name = info.orig_filename
        _demand_plain(info)
        with _faults_named(), self._archive.open(info) as file:
            size = 0
            while piece := file.read(PIECE):
                size += len(piece)
                yield piece
            if size != info.file_size:
                raise BrokenArchiveError(f"{name!r} has {size} bytes but should have {info.file_size}")

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a whole member, or None if there is none. Raise OversizedArchiveError if it is too large."""
        info = self._by_name.get(name)
        if info is None:
            return None
        if info.file_size > limit:
            raise OversizedArchiveError(f"{name!r} has {info.file_size} bytes, but the limit is {limit}")
        return b"".join(self.pieces(info))

    def first_bytes(self, info: zipfile.ZipInfo, size: int) -> bytes:
        """Return the first bytes of a member."""
        _demand_plain(info)
        with _faults_named(), self._archive.open(info) as file:
            return file.read(size)

    def meter(self) -> Meter:
        """Return the meter that counts bytes against the limits of the archive."""
        return Meter(self._limits, self._packed)

    def check(self) -> None:
        """Read all members to their end. Raise ArchiveError if one is damaged."""
        meter = self.meter()
        for info in self.infos:
            for piece in self.pieces(info):
                meter.add(len(piece))


@contextmanager
def open_zip(path: Path, limits: Limits = WHEEL) -> Iterator[CheckedZip]:
    """Open a zip archive. Raise ArchiveError if it is damaged or ambiguous, or has too many members."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        _check_directory(file, size, limits)
        with _faults_named():
            archive = zipfile.ZipFile(file)
            oddities = tuple(dict.fromkeys(_check_places(file, archive)))
            checked = CheckedZip(archive, size, limits, oddities)
        with archive:
            yield checked


def check_wheel(path: Path) -> None:
    """Read a whole wheel. Raise ArchiveError if it is damaged."""
    with open_zip(path) as archive:
        archive.check()


@contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except ArchiveError:
        raise
    except OSError as error:
        # Only system errors, such as a full disk, have an errno.
        if error.errno not in (None, 22):
            raise
        raise BrokenArchiveError(_reason(error)) from error
    except _FAULTS as error:
        raise BrokenArchiveError(_reason(error)) from error


def _demand_plain(info: zipfile.ZipInfo) -> None:
    if info.compress_type not in _PLAIN:
        name, method = info.orig_filename, METHODS.get(info.compress_type, f"method {info.compress_type}")
        raise BrokenArchiveError(
            f"{name!r} is compressed with {method}; only stored and deflated members are supported"
        )


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _check_directory(file: BinaryIO, size: int, limits: Limits) -> None:
    """Count the directory entries before objects are created for them."""
    start = max(size - _END_SIZE - _LONGEST_COMMENT, 0)
    tail = _read_at(file, start, size - start)
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise BrokenArchiveError("it has no zip directory at its end")
    if place + _END_SIZE + int.from_bytes(tail[place + 20 : place + 22], "little") != len(tail):
        raise BrokenArchiveError("it has data after its end, or ends too early")
    length = int.from_bytes(tail[place + 12 : place + 16], "little")
    end = start + place
    locator = _read_at(file, max(end - _LOCATOR64_SIZE, 0), _LOCATOR64_SIZE)
    if locator.startswith(_LOCATOR64):
        end -= _LOCATOR64_SIZE + _END64_SIZE
        record = _read_at(file, max(end, 0), _END64_SIZE)
        if not record.startswith(_END64):
            raise BrokenArchiveError("its zip64 directory is damaged")
        length = int.from_bytes(record[40:48], "little")
    if length > end:
        raise BrokenArchiveError("its directory is larger than the file")
    _count(file, end - length, end, limits.entries)


def _count(file: BinaryIO, position: int, end: int, most: int) -> None:
    file.seek(position)
    entries = 0
    while position < end:
        entries += 1
        if entries > most:
            raise OversizedArchiveError(f"it has more than {most} members")
        header = file.read(_CENTRAL.size)
        if len(header) < _CENTRAL.size or not header.startswith(b"PK\x01\x02"):
            raise BrokenArchiveError("its directory is damaged")
        _, name, extra, comment = _CENTRAL.unpack(header)
        position = file.seek(name + extra + comment, 1)


class _Header(NamedTuple):
    """The header before a member: its values, and the sizes of the two following fields."""

    signature: bytes
    flags: int
    method: int
    packed: int
    unpacked: int
    name: int
    extra: int


def _check_places(file: BinaryIO, archive: zipfile.ZipFile) -> Iterator[str]:
    """Yield the oddities of members. Raise BrokenArchiveError for overlapping, encrypted or inconsistent members."""
    end = archive.start_dir
    for info in sorted(archive.infolist(), key=lambda one: one.header_offset, reverse=True):
        if not info.filename:
            raise BrokenArchiveError("a member has no name")
        data = _read_at(file, info.header_offset, _LOCAL.size)
        if len(data) < _LOCAL.size or not data.startswith(FIRST_BYTES):
            raise BrokenArchiveError(f"{info.orig_filename!r} is not where the directory says it is")
        header = _Header._make(_LOCAL.unpack(data))
        if (header.flags | info.flag_bits) & _ENCRYPTED:
            raise BrokenArchiveError(f"{info.orig_filename!r} is encrypted")
        if header.method != info.compress_type:
            raise BrokenArchiveError(
                f"{info.orig_filename!r} is compressed with a different method than the directory says"
            )
        if info.header_offset + _LOCAL.size + header.name + header.extra + info.compress_size > end:
            raise BrokenArchiveError(f"{info.orig_filename!r} overlaps with another member")
        yield from _oddities(info, header, end)
        end = info.header_offset
    if end:
        yield "there is data before the first member of the zip file"


def _oddities(info: zipfile.ZipInfo, header: _Header, end: int) -> Iterator[str]:
    """Yield differences between a member and the directory. `end` is where the member should end."""
    if info.comment:
        yield f"the directory has a comment about {info.orig_filename!r}"
    sizes = ((header.packed, info.compress_size), (header.unpacked, info.file_size))
    if header.flags & _STREAMED:
        yield f"the size of {info.orig_filename!r} follows its content (a data descriptor)"
    elif info.header_offset + _LOCAL.size + header.name + header.extra + info.compress_size != end:
        yield f"data that does not belong to a member follows {info.orig_filename!r}"
    elif any(own not in (known, _IN_EXTRA) for own, known in sizes):
        yield f"{info.orig_filename!r} has a different size in its own header"


def _read_at(file: BinaryIO, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)
