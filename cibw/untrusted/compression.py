"""Decompresses files strictly: to their end, with checksums, and without trailing data."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from cibw.untrusted.faults import BrokenArchiveError
from cibw.untrusted.limits import Meter

PIECE = 1 << 18
_MEMORY = 512 << 20
"""The memory limit for xz files, in bytes."""
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"


class Stream(Protocol):
    """A source of bytes. It may return fewer than requested, and none at the end."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""


class Metered:
    """A stream that counts its bytes."""

    def __init__(self, stream: Stream, meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes. Raise OversizedArchiveError if there are too many."""
        data = self._stream.read(size)
        self._meter.add(len(data))
        return data


@contextmanager
def decompressed(file: BinaryIO, meter: Meter, *, only_gzip: bool = False) -> Iterator[Stream]:
    """Decompress a gzip, bzip2, xz or plain file. The meter counts the decompressed bytes.

    Raises ArchiveError if the file is damaged or too large, also for reads inside the context.
    """
    file.seek(0)
    first = file.read(len(_XZ))
    file.seek(0)
    if only_gzip and not first.startswith(_GZIP):
        raise BrokenArchiveError("it is not a gzip file")
    with damage_named():
        if first.startswith(_GZIP):
            with gzip.GzipFile(fileobj=file) as stream:
                yield Metered(stream, meter)
        elif first.startswith(_BZIP2):
            yield Metered(_Decompressing(file, bz2.BZ2Decompressor), meter)
        elif first == _XZ:
            yield Metered(_Decompressing(file, _xz), meter)
        else:
            yield Metered(file, meter)


@contextmanager
def damage_named() -> Iterator[None]:
    """Convert errors of decompressors to BrokenArchiveError."""
    try:
        yield
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise BrokenArchiveError(_reason(error)) from error
    except OSError as error:
        # Only system errors, such as a full disk, have an errno.
        if error.errno is not None:
            raise
        raise BrokenArchiveError(_reason(error)) from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or "it ends too early"


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)


class _Decompressing:
    """Reads one or more compressed streams. The standard library's readers ignore data after the first."""

    def __init__(self, file: BinaryIO, make: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]) -> None:
        self._file = file
        self._make = make
        self._current = make()
        self._is_fresh = True

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes. Raise EOFError if the file ends inside a stream."""
        while True:
            if self._current.eof and not self._next_stream():
                return b""
            packed = self._file.read(PIECE) if self._current.needs_input else b""
            if self._current.needs_input and not packed:
                raise EOFError
            data = self._current.decompress(packed, size)
            if data:
                return data

    def _next_stream(self) -> bool:
        rest = self._current.unused_data
        while not rest.strip(b"\0"):
            rest = self._file.read(PIECE)
            if not rest:
                return False
        self._current = self._make()
        self._file.seek(-len(rest.lstrip(b"\0")), 1)
        return True
