"""Reads a wheel (binary distribution format)."""

from __future__ import annotations

import base64
import csv
import hashlib
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cibw.publishing.contents import DistributionContents, Member, dist_info, is_bomb
from cibw.publishing.contents_metadata import read_metadata
from cibw.publishing.distributions import FoundFile

_METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated", 12: "bzip2", 14: "lzma", 93: "zstandard"}
_PIECE = 1 << 20
_FIRST_BYTES = b"PK\x03\x04"
_FAILURES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, IndexError)
"""What zipfile and its decompressors raise where an archive is broken or locked."""


def read_wheel(found: FoundFile) -> DistributionContents:
    """The contents of a wheel; `broken` says why an archive can't be read."""
    name = found.distribution.filename
    try:
        with zipfile.ZipFile(found.path) as archive:
            return _contents(found, archive)
    except (*_FAILURES, struct.error) as error:
        reason = str(error) or type(error).__name__
        return DistributionContents(
            distribution=found.distribution,
            path=str(found.path),
            broken=f"{name} can't be read as a zip file: {reason}",
        )


def _contents(found: FoundFile, archive: zipfile.ZipFile) -> DistributionContents:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    directory = dist_info(found.distribution.filename)
    record = _text(archive, f"{directory}/RECORD")
    metadata = _bytes(archive, f"{directory}/METADATA")
    # The hashes of what swells without end would never be done.
    is_safe = not is_bomb(sum(info.file_size for info in infos), found.distribution.size)
    hashes = _hash_names(record or "") if is_safe else {}
    return DistributionContents(
        distribution=found.distribution,
        path=str(found.path),
        members=tuple(_member(archive, info, hashes) for info in infos),
        metadata=None if metadata is None else read_metadata(metadata),
        wheel_file=_text(archive, f"{directory}/WHEEL"),
        record=record,
        entry_points=_text(archive, f"{directory}/entry_points.txt"),
        framing=tuple(_framing(found.path, infos)),
    )


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, hashes: dict[str, str]) -> Member:
    method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
    algorithm = hashes.get(info.filename, "")
    return Member(
        name=info.filename,
        size=info.file_size,
        packed=info.compress_size,
        method=method,
        digest=_digest(archive, info, algorithm) if algorithm else "",
        kind="a link" if info.external_attr >> 28 == 0xA else "",
    )


def _digest(archive: zipfile.ZipFile, info: zipfile.ZipInfo, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    with archive.open(info) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return f"{algorithm}={base64.urlsafe_b64encode(digest.digest()).decode().rstrip('=')}"


def _hash_names(record: str) -> dict[str, str]:
    """The hash that RECORD names for each file; those that nobody knows are left out."""
    try:
        rows = [row for row in csv.reader(record.splitlines()) if len(row) > 1]
    except csv.Error:
        return {}
    named = {row[0]: row[1].partition("=")[0].lower() for row in rows}
    return {name: algorithm for name, algorithm in named.items() if _is_known(algorithm)}


def _is_known(algorithm: str) -> bool:
    # A digest of the SHAKE family has no length of its own.
    return algorithm in hashlib.algorithms_available and not algorithm.startswith("shake")


def _framing(path: Path, infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    with path.open("rb") as file:
        if file.read(len(_FIRST_BYTES)) != _FIRST_BYTES:
            yield "something stands before the first member of the zip file"
    for name, times in Counter(info.filename for info in infos).items():
        if times > 1:
            yield f"{name} is in the zip file {times} times"
    for info in infos:
        if info.filename.startswith("/") or ".." in info.filename.split("/") or "\\" in info.orig_filename:
            yield f"the member {info.orig_filename!r} would be unpacked elsewhere"


def _bytes(archive: zipfile.ZipFile, name: str) -> bytes | None:
    try:
        return archive.read(name)
    except KeyError:
        return None


def _text(archive: zipfile.ZipFile, name: str) -> str | None:
    data = _bytes(archive, name)
    return None if data is None else data.decode("utf-8", "replace")
