"""Decompression of archives, and the rules for their entries."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, Protocol

from cibw.errors import assert_never
from cibw.untrusted.limits import ArchiveError, BrokenArchiveError, Meter, OversizedArchiveError, UnsafeEntryError

# Decompresses files strictly: to their end, with checksums, and without trailing data.

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


# Decides which entries an archive may contain; pure.

_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST_PART = 255
"""The maximum length of a file name in bytes."""
_LONGEST_PATH = 1024
"""The maximum length of a path in bytes, well below system limits, so that no path is truncated."""
_LINKS_IN_A_ROW = 40
"""The maximum number of links that Linux follows for one path."""
_STEPS = 5_000_000
"""The maximum number of path components followed for all links of an archive together."""
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\]|[. ]$')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE)
Parts = tuple[str, ...]


class EntryKind(Enum):
    """The kind of an archive entry."""

    FILE = "a file"
    DIRECTORY = "a directory"
    SYMBOLIC_LINK = "a symbolic link"
    HARD_LINK = "a hard link"
    SPARSE = "a sparse file"
    SPECIAL = "a device or another special file"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveEntry:
    """An entry with its original name. `target` is set for links; for hard links it is relative to the root."""

    name: str
    kind: EntryKind
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """File system properties that decide which names are safe: case and Unicode sensitivity, and Windows rules."""

    folds: bool = False
    is_windows: bool = False


class EntryChecker:
    """Checks all entries of an archive before anything is unpacked.

    No entry may go through a link or replace an entry of another kind. Names that differ only by case or Unicode
    form count as the same name wherever a link is involved, and everywhere on a file system that ignores such
    differences. A regular file may be listed twice, as when appending to a tar file: the last one counts.
    """

    def __init__(self, system: FileSystem = FileSystem()) -> None:
        self._system = system
        self._kinds: dict[Parts, EntryKind] = {(): EntryKind.DIRECTORY}
        self._spellings: dict[Parts, Parts] = {}
        self._links: dict[Parts, str] = {}
        self._sources: dict[Parts, Parts] = {}
        self._linked: set[Parts] = set()
        self._last: dict[Parts, int] = {}
        self._number = 0
        self._steps = 0

    def add(self, entry: ArchiveEntry) -> Parts:
        """Check an entry and return its path. Raise UnsafeEntryError."""
        parts = self.path_of(entry)
        self._number += 1
        self._last[parts] = self._number
        self._add_parents(entry, parts)
        match entry.kind:
            case EntryKind.DIRECTORY:
                self._place(entry, parts, can_repeat=True)
            case EntryKind.FILE:
                self._place(entry, parts, can_repeat=parts not in self._linked)
            case EntryKind.SYMBOLIC_LINK:
                self._add_link(entry, parts)
            case EntryKind.HARD_LINK:
                self._add_hard_link(entry, parts)
            case EntryKind.SPARSE | EntryKind.SPECIAL:
                raise UnsafeEntryError(f"{entry.name!r} is {entry.kind.value}")
            case _:
                assert_never(entry.kind)
        return parts

    def finish(self) -> None:
        """Check the links after all entries are known. Raise UnsafeEntryError."""
        for path, target in self._links.items():
            if not self._stays_inside(path, target):
                raise UnsafeEntryError(
                    f"the link {'/'.join(self._spellings[path])!r} points outside the archive, to {target!r}"
                )

    def path_of(self, entry: ArchiveEntry) -> Parts:
        """Return the path of an entry. Raise UnsafeEntryError if its name is not safe."""
        return self._checked(entry.name)

    def is_last(self, parts: Parts, number: int) -> bool:
        """Return whether the entry with this number, counted from 1, is the last one for its path."""
        return self._last[parts] == number

    @property
    def hard_links(self) -> dict[Parts, Parts]:
        """Return the paths of hard links and of their regular files."""
        return self._sources

    def _add_parents(self, entry: ArchiveEntry, parts: Parts) -> None:
        if self._kinds.get(parts[:-1]) is EntryKind.DIRECTORY:
            return
        for length in range(1, len(parts)):
            parent = parts[:length]
            kind = self._kinds.get(parent, EntryKind.DIRECTORY)
            if kind is not EntryKind.DIRECTORY or _folded(parent) in self._links:
                raise UnsafeEntryError(f"{entry.name!r} passes through a link or a file")
            self._register(entry, parent, EntryKind.DIRECTORY)

    def _place(self, entry: ArchiveEntry, parts: Parts, *, can_repeat: bool) -> None:
        before = self._kinds.get(parts)
        if before is not None and (before is not entry.kind or not can_repeat):
            raise UnsafeEntryError(f"{entry.name!r} replaces another entry")
        self._register(entry, parts, entry.kind)

    def _register(self, entry: ArchiveEntry, parts: Parts, kind: EntryKind) -> None:
        folded = _folded(parts)
        other = self._spellings.setdefault(folded, parts)
        is_link = kind is EntryKind.SYMBOLIC_LINK or folded in self._links
        if other != parts and (is_link or self._system.folds):
            raise UnsafeEntryError(f"{entry.name!r} and {'/'.join(other)!r} cannot both exist where case is ignored")
        self._kinds[parts] = kind

    def _add_link(self, entry: ArchiveEntry, parts: Parts) -> None:
        target = entry.target
        is_absolute = not target or target.startswith(("/", "\\")) or _DRIVE.match(target)
        is_strange = "\\" in target and (self._system.is_windows or ".." in re.split(r"[/\\]", target))
        if is_absolute or is_strange or "\0" in target:
            raise UnsafeEntryError(f"the link {entry.name!r} points outside the archive, to {target!r}")
        _demand_lengths(target, f"the target of the link {entry.name!r}")
        self._place(entry, parts, can_repeat=self._links.get(_folded(parts)) == target)
        self._links[_folded(parts)] = target

    def _add_hard_link(self, entry: ArchiveEntry, parts: Parts) -> None:
        target = self._checked(entry.target)
        source = self._sources.get(target, target)
        if self._kinds.get(source) is not EntryKind.FILE:
            raise UnsafeEntryError(f"the link {entry.name!r} points to {entry.target!r}, which is not an earlier file")
        # GNU tar writes a file that is named twice on its command line as a link to itself.
        if source != parts:
            self._place(entry, parts, can_repeat=self._sources.get(parts) == source)
            self._sources[parts] = source
            self._linked.add(source)

    def _checked(self, name: str) -> Parts:
        parts = _split(name)
        pieces = re.split(r"[/\\]", name)
        if name.startswith(("/", "\\")) or ".." in pieces or _DRIVE.match(name):
            raise UnsafeEntryError(f"{name!r} points outside the archive")
        if _CONTROL.search(name):
            raise UnsafeEntryError(f"the name {name!r} contains control characters")
        _demand_lengths(name, "the name of an entry")
        if self._system.is_windows:
            for part in parts:
                if _NOT_ON_WINDOWS.search(part) or _DEVICES.fullmatch(part):
                    raise UnsafeEntryError(f"{name!r} is not a valid file name on Windows")
        return parts

    def _stays_inside(self, path: Parts, target: str) -> bool:
        """Follow a link step by step as the system would. A circular link counts as inside."""
        reached, waiting = list(path[:-1]), list(reversed(_split(target)))
        followed: set[tuple[Parts, Parts]] = {(path, ())}
        while waiting:
            self._count_steps(1)
            part = waiting.pop()
            if part == "..":
                if not reached:
                    return False
                reached.pop()
                continue
            here = _folded((*reached, part))
            further = self._links.get(here)
            if further is None:
                reached.append(part)
                continue
            self._count_steps(len(waiting))
            state = (here, tuple(waiting))
            if state in followed:
                return True
            if len(followed) > _LINKS_IN_A_ROW:
                raise UnsafeEntryError(f"the link {'/'.join(self._spellings[path])!r} passes through too many links")
            followed.add(state)
            waiting.extend(reversed(_split(further)))
        return True

    def _count_steps(self, number: int) -> None:
        self._steps += number
        if self._steps > _STEPS:
            raise OversizedArchiveError("it has too many links to links")


def refusal(judge: Callable[[], object]) -> str:
    """Return why a listing rejects an entry, or an empty string."""
    try:
        judge()
    except ArchiveError as error:
        return str(error)
    return ""


def _demand_lengths(name: str, what: str) -> None:
    if _size(name) > _LONGEST_PATH:
        raise UnsafeEntryError(f"{what} is longer than {_LONGEST_PATH} bytes: {name[:60]!r}...")
    if _size(name) > _LONGEST_PART and any(_size(part) > _LONGEST_PART for part in name.split("/")):
        raise UnsafeEntryError(f"{what} has a part longer than {_LONGEST_PART} bytes: {name[:60]!r}...")


def _size(text: str) -> int:
    # Bytes that are not UTF-8 are surrogates in the text, one for each byte.
    return len(text.encode("utf-8", "surrogateescape"))


def _split(name: str) -> Parts:
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _folded(parts: Parts) -> Parts:
    return tuple(part.lower() if part.isascii() else unicodedata.normalize("NFC", part).casefold() for part in parts)
