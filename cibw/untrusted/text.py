"""Reads project files by name: only regular files, up to a size limit, in their declared encoding."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

from cibw.untrusted.limits import UnreadableFileError

MOST_SOURCE = 1 << 20
"""The maximum size of a Python source in bytes. Its syntax tree takes hundreds of times as much memory."""
MOST_TEXT = 4 << 20
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(#.*)?$")
_NEVER = frozenset({"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Encodings that no source uses. Decoding some of them takes quadratic time."""


def read_text(path: Path, label: str = "") -> str | None:
    """Return the text of a file with `\n` line endings, or None if there is no file.

    Python sources are decoded according to PEP 263, other files as UTF-8. Raises UnreadableFileError with the
    file's label if it is not a regular file, is too large, or cannot be decoded.
    """
    label = label or str(path)
    is_source = path.suffix == ".py"
    data = read_bytes(path, label, MOST_SOURCE if is_source else MOST_TEXT)
    if data is None:
        return None
    encoding = _declared(data) if is_source else "utf-8"
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except LookupError:
        raise UnreadableFileError(label, f"declares the unknown encoding {encoding!r}") from None
    except UnicodeDecodeError as error:
        shown = "UTF-8" if encoding == "utf-8" else encoding
        raise UnreadableFileError(label, f"is not {shown} text: {error.reason} at byte {error.start}") from error
    except UnicodeError as error:
        raise UnreadableFileError(label, f"is not {encoding} text: {error}") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path, label: str, limit: int = MOST_TEXT) -> bytes | None:
    """Return the bytes of a file, or None if there is none. Raise UnreadableFileError as in `read_text`."""
    try:
        # Without O_NONBLOCK, opening a FIFO would block.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except ValueError as error:
        raise UnreadableFileError(repr(label), "is not the name of a file") from error
    except OSError as error:
        if path.is_dir():
            return None
        raise UnreadableFileError(label, f"cannot be read: {error.strerror or error}") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            return None
        if not stat.S_ISREG(mode):
            raise UnreadableFileError(label, "is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise UnreadableFileError(label, f"is larger than {limit >> 20} MiB")
    return data


def _declared(data: bytes) -> str:
    """Return the encoding of a Python source (PEP 263)."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8"
    for line in data[:4096].splitlines()[:2]:
        found = _COOKIE.match(line)
        if found:
            name = found[1].decode()
            return f"{name} of no text" if name.lower().replace("_", "-") in _NEVER else name
        if not _BLANK.match(line):
            break
    return "utf-8"
