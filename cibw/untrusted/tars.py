"""Reads tar archives as a stream.

The module `tarfile` treats damage after the first member as the end of an archive and reads headers of any size
into memory, and its filters differ between patch releases of Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cibw.untrusted.compression import PIECE, Stream, decompressed
from cibw.untrusted.entries import Entry
from cibw.untrusted.faults import BrokenArchiveError, OversizedArchiveError
from cibw.untrusted.limits import UNPACKED, Meter
from cibw.untrusted.tar_headers import (
    BLOCK,
    EXTENDED,
    GLOBAL,
    LONG_NAME,
    LONG_TARGET,
    TarHeader,
    check_global,
    parse_header,
    parse_records,
    text_of,
    with_records,
)

_HEADER_SIZE = 1 << 20
"""The maximum size of a pax header or a long name, in bytes."""
_LARGEST = 1 << 62
_ZEROS = bytes(BLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class TarMember:
    """A member. `size` is the size of its content in bytes, `mtime` is in seconds since the epoch."""

    entry: Entry
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
            entry = Entry(name=whole.name, kind=whole.kind, target=whole.target)
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
