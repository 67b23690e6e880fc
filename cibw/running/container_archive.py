"""Tar archives, streamed from files and bytes."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from posixpath import basename, dirname, normpath
from typing import IO

from cibw.exhaustive import assert_never
from cibw.running.machine import Tree

_PIECE = 1 << 20
_FULL_MODE = 0o7777
_END = bytes(2 * tarfile.BLOCKSIZE)


class Pieces:
    """An iterable that is read once and stores the error that ended it.

    The sender of the chunks would otherwise mistake an unreadable file for a broken connection.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.fault: OSError | None = None
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except OSError as error:
            self.fault = error
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A tar archive in chunks of about a megabyte, its total size, and the directory to unpack it in."""

    directory: str
    size: int
    pieces: Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    header: bytes
    content: Path | bytes = b""
    size: int = 0


def pack(source: Path | bytes | Tree, target: str) -> Archive:
    """Create an archive that unpacks a source to the absolute path `target`. Raise ValueError if it is relative.

    The archive is created while it is sent, so it is held neither in memory nor in a temporary file. Modes,
    symbolic links and modification times are kept; sockets and devices are skipped. A directory's contents are
    unpacked into `target`. The format is GNU tar, because busybox supports no other format with long names.
    """
    target = normpath(target)
    if not target.startswith("/"):
        raise ValueError(f"{target} is not absolute")
    into = isinstance(source, Tree) or (isinstance(source, Path) and source.is_dir())
    members = list(_members(source, basename(target)))
    return Archive(
        directory=target if into else dirname(target),
        size=sum(len(member.header) + _padded(member.size) for member in members) + len(_END),
        pieces=Pieces(_gather(_written(members))),
    )


def _members(source: Path | bytes | Tree, name: str) -> Iterator[_Member]:
    match source:
        case bytes():
            yield _made(source, name)
        case Path():
            yield from _directory(source) if source.is_dir() else _entry(source.resolve(), name)
        case Tree(files=files):
            for file in files:
                entry = source.entry(file)
                yield from [_made(entry, file)] if isinstance(entry, bytes) else _entry(entry, file)
        case _:
            assert_never(source)


def _directory(path: Path) -> Iterator[_Member]:
    for directory, directories, files in os.walk(path):
        directories.sort()
        for child in sorted([*directories, *files]):
            found = Path(directory, child)
            yield from _entry(found, found.relative_to(path).as_posix())


def _made(content: bytes, name: str) -> _Member:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return _Member(header=_header(info), content=content, size=info.size)


def _entry(path: Path, name: str) -> Iterator[_Member]:
    status = path.lstat()
    info = tarfile.TarInfo(name)
    info.mode = status.st_mode & _FULL_MODE
    info.mtime = int(status.st_mtime)
    if stat.S_ISLNK(status.st_mode):
        info.type = tarfile.SYMTYPE
        info.linkname = str(path.readlink())
    elif stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISREG(status.st_mode):
        info.size = status.st_size
    else:
        return
    yield _Member(header=_header(info), content=path, size=info.size)


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _written(members: Iterable[_Member]) -> Iterator[bytes]:
    for member in members:
        yield member.header
        if member.size:
            yield from _content(member)
    yield _END


def _content(member: _Member) -> Iterator[bytes]:
    """Yield exactly the size given in the header plus padding, even if the file shrinks or grows meanwhile."""
    left = member.size
    with _opened(member.content) as file:
        while left > 0:
            piece = file.read(min(_PIECE, left)) or bytes(min(_PIECE, left))
            left -= len(piece)
            yield piece
    yield bytes(_padded(member.size) - member.size)


def _opened(content: Path | bytes) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _padded(size: int) -> int:
    return size + -size % tarfile.BLOCKSIZE


def _gather(pieces: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        if len(buffer) >= _PIECE:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)
