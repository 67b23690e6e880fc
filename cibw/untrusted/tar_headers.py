"""Headers of tar archives (POSIX ustar and pax, GNU tar, and the format before them); pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cibw.untrusted.entries import EntryKind
from cibw.untrusted.faults import BrokenArchiveError

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
