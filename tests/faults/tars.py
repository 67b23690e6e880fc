"""Pieces of tar archives, and archives that expand to much more than they seem to hold."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from tests.faults.hostile import BLOCK, GIB, ROOT, Setting
from tests.releases import metadata

Entry = tuple[tarfile.TarInfo, bytes]


def file(name: str, data: bytes = b"x\n", **fields: object) -> Entry:
    """A regular file of a tar archive, or what `fields` make of it."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> Entry:
    """A link of a tar archive."""
    return file(name, b"", type=kind, linkname=to)


def usual(pkg_info: bytes = b"", pyproject: bytes = b"") -> list[Entry]:
    """The files that every sdist has."""
    text = b'[project]\nname = "demo"\nversion = "1.0"\n'
    return [
        file(f"{ROOT}/PKG-INFO", pkg_info or metadata("demo", "1.0").encode()),
        file(f"{ROOT}/pyproject.toml", pyproject or text),
    ]


def tar_bytes(entries: Iterable[Entry], encoding: str = "utf-8") -> bytes:
    """A tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", encoding=encoding, errors="surrogateescape") as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def pack(setting: Setting, data: bytes, name: str = f"{ROOT}.tar.gz") -> Path:
    """A compressed archive of some bytes."""
    path = setting.directory / name
    path.write_bytes(gzip.compress(data, mtime=0))
    return path


def packed(setting: Setting, *entries: Entry) -> Path:
    """An sdist with the usual files before some others."""
    return pack(setting, tar_bytes([*usual(), *entries]))


def bomb(setting: Setting, name: str, before: Iterable[Entry] = ()) -> Path:
    """An sdist in which a file of 4 GiB takes little place: members of gzip that hold zeros, one after another."""
    size = 4 * GIB
    info = tarfile.TarInfo(name)
    info.size = size
    start = tar_bytes(before).rstrip(b"\0")
    start += b"\0" * (-len(start) % 512) + info.tobuf(tarfile.GNU_FORMAT)
    zeros = gzip.compress(bytes(BLOCK), mtime=0)
    path = setting.directory / f"{ROOT}.tar.gz"
    path.write_bytes(gzip.compress(start, mtime=0) + zeros * (size // BLOCK) + gzip.compress(bytes(1024), mtime=0))
    return path
