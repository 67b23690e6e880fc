"""Reads tar archives as a stream."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cibw.untrusted.archives import PIECE, ArchiveEntry, EntryKind, Stream, decompressed
from cibw.untrusted.limits import UNPACKED, BrokenArchiveError, Meter, OversizedArchiveError

# Headers of tar archives (POSIX ustar and pax, GNU tar, and the format before them); pure.

BLOCK = 512
LONG_NAME, LONG_TARGET = b"L", b"K"
EXTENDED, GLOBAL = (b"x", b"X"), b"g"
_KINDS = {
    **dict.fromkeys((b"0", b"\0", b"7"), EntryKind.FILE),
    b"1": EntryKind.HARD_LINK,
    b"2": EntryKind.SYMBOLIC_LINK,
    b"5": EntryKind.DIRECTORY,
    b"S": EntryKind.SPARSE,
}
_OCTAL = re.compile(rb" *([0-7]*)[ \0]*")
_USTAR = b"ustar\0"
_CHECKSUM = slice(148, 156)
_LATEST = float(1 << 33)
_OF_MEMBERS = ("path", "linkpath", "size", "GNU.sparse.name")
"""Records that describe one member and are not allowed in a global header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TarHeader:
    """A header. `flag` is its type as one byte, `size` the size of its content, `mtime` in seconds since the epoch."""

    name: str
    flag: bytes
    size: int = 0
    mode: int = 0
    mtime: float = 0
    target: str = ""
    is_sparse: bool = False

    @property
    def kind(self) -> EntryKind:
        """Return the kind of the member."""
        if self.is_sparse:
            return EntryKind.SPARSE
        # Before POSIX, a directory was a file whose name ends in a slash.
        if self.flag == b"\0" and self.name.endswith("/"):
            return EntryKind.DIRECTORY
        return _KINDS.get(self.flag, EntryKind.SPECIAL)

    @property
    def content_size(self) -> int:
        """Return the size of the content. Links and directories have none, regardless of their header."""
        has_none = (EntryKind.HARD_LINK, EntryKind.SYMBOLIC_LINK, EntryKind.DIRECTORY)
        return 0 if self.kind in has_none else self.size


def parse_header(block: bytes) -> TarHeader:
    """Parse a block of 512 bytes that is not all zeros. Raise BrokenArchiveError."""
    if _number(block[_CHECKSUM], "checksum") not in _checksums(block):
        raise BrokenArchiveError("a tar header has a wrong checksum")
    name = text_of(block[:100])
    prefix = text_of(block[345:500]) if block[257:263] == _USTAR else ""
    return TarHeader(
        name=f"{prefix}/{name}" if prefix else name,
        flag=block[156:157],
        size=_number(block[124:136], "size"),
        mode=_lenient(block[100:108]),
        mtime=float(min(_lenient(block[136:148]), int(_LATEST))),
        target=text_of(block[157:257]),
    )


def parse_records(data: bytes) -> dict[str, bytes]:
    """Parse the records of a pax header. Raise BrokenArchiveError."""
    records: dict[str, bytes] = {}
    position = 0
    while position < len(data):
        digits, _, _ = data[position : position + 20].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        record = data[position : position + length]
        key, equals, value = record[len(digits) + 1 :].partition(b"=")
        if length < 5 or len(record) < length or not equals or not value.endswith(b"\n"):
            raise BrokenArchiveError("a pax header is malformed")
        records[key.decode("utf-8", "replace")] = value[:-1]
        position += length
    return records


def check_global(records: Mapping[str, bytes]) -> None:
    """Raise BrokenArchiveError if a global header sets a property of a single member."""
    for name in _OF_MEMBERS:
        if name in records:
            raise BrokenArchiveError(f"a global pax header has the record {name!r}")


def with_records(header: TarHeader, records: Mapping[str, bytes]) -> TarHeader:
    """Return a header updated from its pax header. Raise BrokenArchiveError."""
    path, target = records.get("path", b""), records.get("linkpath", b"")
    return TarHeader(
        name=_decoded(path) if path else header.name,
        flag=header.flag,
        size=_decimal(records["size"]) if records.get("size") else header.size,
        mode=header.mode,
        mtime=_seconds(records.get("mtime", b""), header.mtime),
        target=_decoded(target) if target else header.target,
        is_sparse=header.is_sparse or any(name.startswith("GNU.sparse.") for name in records),
    )


def text_of(field: bytes) -> str:
    """Return the text of a field, which ends at the first NUL."""
    return _decoded(field.partition(b"\0")[0])


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _checksums(block: bytes) -> tuple[int, int]:
    """Return the sums of all bytes but the checksum, unsigned and signed. Some old programs used signed bytes."""
    counted = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    plain = sum(counted)
    return plain, plain if counted.isascii() else plain - 256 * sum(byte > 127 for byte in counted)


def _number(field: bytes, what: str) -> int:
    if field[0] == 0o200:
        return int.from_bytes(field[1:], "big")
    found = _OCTAL.fullmatch(field.partition(b"\0")[0])
    if found is None:
        raise BrokenArchiveError(f"a tar header has no valid {what}")
    return int(found[1] or b"0", 8)


def _lenient(field: bytes) -> int:
    """Return a number that no decision depends on, or 0 if it is invalid."""
    try:
        return _number(field, "number")
    except BrokenArchiveError:
        return 0


def _decimal(value: bytes) -> int:
    if not value.isdigit() or len(value) > 20:
        raise BrokenArchiveError("a pax header has no valid size")
    return int(value)


def _seconds(value: bytes, default: float) -> float:
    try:
        seconds = float(value)
    except ValueError:
        return default
    return min(max(seconds, 0.0), _LATEST) if math.isfinite(seconds) else default


# Reads tar archives as a stream.
#
# The module `tarfile` treats damage after the first member as the end of an archive and reads headers of any size
# into memory, and its filters differ between patch releases of Python.

_HEADER_SIZE = 1 << 20
"""The maximum size of a pax header or a long name, in bytes."""
_LARGEST = 1 << 62
_ZEROS = bytes(BLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class TarMember:
    """A member. `size` is the size of its content in bytes, `mtime` is in seconds since the epoch."""

    entry: ArchiveEntry
    size: int
    mode: int
    mtime: float


class TarReader:
    """Yields the members of a tar archive in order. The content of each can be read until the next one is requested.

    Raises BrokenArchiveError if the archive is damaged, ends too early, or has trailing data, and
    OversizedArchiveError if it has too many headers.
    """

    def __init__(self, stream: Stream, most_entries: int) -> None:
        self._stream = stream
        self._left = 0
        self._padding = 0
        self._headers_left = most_entries

    def __iter__(self) -> Iterator[TarMember]:
        records: dict[str, bytes] = {}
        while (header := self._next_header()) is not None:
            if self._is_extension(header, records):
                continue
            whole = with_records(header, records)
            records = {}
            self._begin(whole.content_size)
            entry = ArchiveEntry(name=whole.name, kind=whole.kind, target=whole.target)
            yield TarMember(entry=entry, size=whole.content_size, mode=whole.mode, mtime=whole.mtime)
            self._skip()
        if records:
            raise BrokenArchiveError("it ends after a header that describes another member")
        self._demand_end()

    def pieces(self) -> Iterator[bytes]:
        """Yield the content of the current member."""
        while self._left:
            piece = self._stream.read(min(self._left, PIECE))
            if not piece:
                raise BrokenArchiveError("it ends too early")
            self._left -= len(piece)
            yield piece

    def read(self, limit: int) -> bytes:
        """Return the whole content of the current member. Raise OversizedArchiveError if it is too large."""
        if self._left > limit:
            raise OversizedArchiveError(f"one of its files has {self._left} bytes, but the limit is {limit}")
        return b"".join(self.pieces())

    def _is_extension(self, header: TarHeader, records: dict[str, bytes]) -> bool:
        """Return whether a header only describes the next one, and add it to the records."""
        if header.flag not in (*EXTENDED, GLOBAL, LONG_NAME, LONG_TARGET):
            return False
        self._begin(header.size)
        content = self.read(_HEADER_SIZE)
        self._skip()
        if header.flag in EXTENDED:
            records.update(parse_records(content))
        elif header.flag == GLOBAL:
            check_global(parse_records(content))
        else:
            name = "path" if header.flag == LONG_NAME else "linkpath"
            records[name] = text_of(content).encode("utf-8", "surrogateescape")
        return True

    def _begin(self, size: int) -> None:
        if size > _LARGEST:
            raise OversizedArchiveError("a header specifies an impossible size")
        self._left, self._padding = size, -size % BLOCK

    def _skip(self) -> None:
        for _piece in self.pieces():
            pass
        if self._padding:
            self._block(self._padding)
            self._padding = 0

    def _next_header(self) -> TarHeader | None:
        block = self._block(BLOCK)
        if block == _ZEROS:
            return None
        self._headers_left -= 1
        if self._headers_left < 0:
            raise OversizedArchiveError("it has too many entries")
        return parse_header(block)

    def _block(self, size: int) -> bytes:
        block = self._stream.read(size)
        while len(block) < size:
            more = self._stream.read(size - len(block))
            if not more:
                raise BrokenArchiveError("it ends too early")
            block += more
        return block

    def _demand_end(self) -> None:
        while piece := self._stream.read(PIECE):
            if piece.strip(b"\0"):
                raise BrokenArchiveError("it has data after its end")


@contextmanager
def open_sdist(path: Path) -> Iterator[TarReader]:
    """Read a gzipped tar archive without unpacking it. Raises ArchiveError."""
    with path.open("rb") as file:
        meter = Meter(UNPACKED, file.seek(0, 2))
        with decompressed(file, meter, only_gzip=True) as stream:
            yield TarReader(stream, UNPACKED.entries)


def check_sdist(path: Path) -> None:
    """Read a whole sdist. Raise ArchiveError if it is damaged."""
    with open_sdist(path) as reader:
        for _member in reader:
            pass
