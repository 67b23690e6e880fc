"""Limits on untrusted input, and errors about it."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path

# Errors for untrusted files.


class UnreadableFileError(ValueError):
    """A project file cannot be read. The message is its label and the reason, without a full stop."""

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"{label} {reason}")
        self.reason = reason


class ArchiveError(ValueError):
    """An archive is rejected. The message is the reason, without the archive's name or a full stop."""


class BrokenArchiveError(ArchiveError):
    """An archive is damaged, incomplete, or not in the expected format."""


class UnsafeEntryError(ArchiveError):
    """An entry could write outside the target directory, or its name is not portable."""


class OversizedArchiveError(ArchiveError):
    """An archive has more entries or content than allowed."""


# Limits on the contents of an archive.

MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The maximum number of entries, unpacked size in bytes, and ratio of unpacked to packed size.

    The ratio applies only to archives that unpack to more than `any_ratio` bytes.
    """

    entries: int = 200_000
    size: int = 4 * GIBIBYTE
    ratio: int = 200
    any_ratio: int = 64 * MEBIBYTE


UNPACKED = Limits()
"""For archives that are unpacked. The largest source distributions contain about 50,000 files and 500 MB."""
WHEEL = Limits(size=32 * GIBIBYTE)
"""For wheels, which are only read."""
METADATA = 8 * MEBIBYTE
"""The maximum size of METADATA, PKG-INFO, WHEEL or entry_points.txt, in bytes."""
RECORD = 64 * MEBIBYTE
"""The maximum size of RECORD, in bytes."""


class Meter:
    """Counts the bytes that are actually read from an archive, regardless of its headers."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self._limits = limits
        self._packed = max(packed, 1)
        self.total = 0

    def add(self, size: int) -> None:
        """Count bytes. Raise OversizedArchiveError if there are too many."""
        self.total += size
        limits = self._limits
        if self.total > limits.size:
            raise OversizedArchiveError(f"it unpacks to more than {limits.size // MEBIBYTE} MiB")
        if self.total > max(limits.any_ratio, limits.ratio * self._packed):
            raise OversizedArchiveError(f"it unpacks to more than {limits.ratio} times its size")


# Limits on untrusted input: size and nesting are checked before a file is read or a text is parsed.
#
# Projects, indexes and caches may contain anything. Input that is too large or nested too deeply is rejected with a
# ValueError instead of exhausting memory or the stack.

TEXT_LIMIT = 4 << 20
"""The maximum size, in bytes, of files written by people."""
DATA_LIMIT = 16 << 20
"""The maximum size, in bytes, of files written by programs."""
DEPTH_LIMIT = 100
"""The maximum nesting depth of arrays and objects."""
_OF_DIGITS = "integer string conversion"
_CONTAINERS = 1_000_000
_NO_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[^\[\]{}"]+', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_LONE = re.compile(r"[\ud800-\udfff]")


class TooLargeError(ValueError):
    """A file or a text is too large."""


class TooDeepError(ValueError):
    """A text is nested too deeply."""


def in_units(size: int) -> str:
    """Format a number of bytes, such as `64 MiB`."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} bytes"


def read_limited(path: Path, limit: int = DATA_LIMIT) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    OSError if the file does not exist or is a directory, TooManyFilesError if it is larger, ValueError for pipes,
    sockets and devices, which may never end.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise TooLargeError(f"it is larger than {in_units(limit)}")
    return content


def read_text_limited(path: Path, limit: int = DATA_LIMIT) -> str:
    """Like `read_limited`, but as UTF-8 text with `\\n` line endings; UnicodeDecodeError for invalid bytes."""
    return read_limited(path, limit).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def parse_json(text: str | bytes, *, depth: int = DEPTH_LIMIT) -> object:
    """Parse JSON; ValueError for invalid or too deeply nested text.

    Lone surrogates, which cannot be encoded in output, become U+FFFD.
    """
    import json  # imported only when needed, for a fast startup

    plain = text.decode(json.detect_encoding(text)) if isinstance(text, bytes) else text
    _check_json_depth(plain, depth)
    try:
        value: object = json.loads(plain, parse_float=_finite, parse_constant=_refuse_constant)
    except ValueError as error:
        if _OF_DIGITS in str(error):
            raise ValueError("it contains a number with thousands of digits") from error
        raise
    may_be_odd = "\\u" in plain or not plain.isascii()
    return _encodable(value) if may_be_odd and _SURROGATE.search(plain) else value


def _check_json_depth(text: str, limit: int) -> None:
    brackets = _NO_BRACKETS.sub("", text)
    count = len(brackets)
    if count > 2 * _CONTAINERS:
        raise TooLargeError(f"it contains more than {_CONTAINERS} arrays and objects")
    # Each round removes the innermost level.
    for _ in range(limit):
        if not brackets:
            return
        brackets = brackets.replace("[]", "").replace("{}", "")
    # A few remaining brackets do not match; the parser reports that.
    if count > 2 * limit:
        raise TooDeepError(f"it is nested more than {limit} levels deep")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _encodable(value: object) -> object:
    match value:
        case str():
            return _LONE.sub("\ufffd", value)
        case list():
            return [_encodable(item) for item in value]
        case dict():
            return {_encodable(key): _encodable(item) for key, item in value.items()}
        case _:
            return value
