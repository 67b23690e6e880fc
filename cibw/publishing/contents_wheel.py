"""Read a wheel (binary distribution format)."""

from __future__ import annotations

import base64
import csv
import hashlib
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from cibw.publishing.contents import DistributionContents, Member, dist_info, is_bomb
from cibw.publishing.contents_metadata import read_metadata
from cibw.publishing.distributions import FoundFile
from cibw.untrusted.entries import Entry, EntryKind, Listing, refusal
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.limits import METADATA, RECORD
from cibw.untrusted.zips import METHODS, CheckedZip, open_zip

_MOST_ODDITIES = 3
"""A tool that writes one malformed member usually writes all members like that."""


def read_wheel(found: FoundFile) -> DistributionContents:
    """The contents of a wheel; `broken` says why an archive cannot be read."""
    try:
        with open_zip(found.path) as archive:
            return _contents(found, archive)
    except (ArchiveError, OSError) as error:
        return DistributionContents(
            distribution=found.distribution,
            path=str(found.path),
            broken=f"cannot read {found.distribution.filename} as a zip file: {error}",
        )


def _contents(found: FoundFile, archive: CheckedZip) -> DistributionContents:
    infos = [info for info in archive.infos if not info.is_dir()]
    contents = DistributionContents(
        distribution=found.distribution, path=str(found.path), framing=tuple(_framing(archive))
    )
    if not archive.is_plain:
        return replace(contents, members=tuple(_member(info, "") for info in infos))
    directory = dist_info(found.distribution.filename)
    metadata = archive.read(f"{directory}/METADATA", METADATA)
    record = _text(archive, f"{directory}/RECORD", RECORD)
    # Decompression bombs must not be read.
    is_safe = not is_bomb(sum(info.file_size for info in infos), found.distribution.size)
    hashes = _hash_names(record or "")
    digests = [_digest(archive, info, hashes.get(info.filename, "")) if is_safe else "" for info in infos]
    return replace(
        contents,
        members=tuple(_member(info, digest) for info, digest in zip(infos, digests, strict=True)),
        metadata=None if metadata is None else read_metadata(metadata),
        wheel_file=_text(archive, f"{directory}/WHEEL", METADATA),
        record=record,
        entry_points=_text(archive, f"{directory}/entry_points.txt", METADATA),
    )


def _member(info: zipfile.ZipInfo, digest: str) -> Member:
    return Member(
        name=info.filename,
        size=info.file_size,
        packed=info.compress_size,
        method=METHODS.get(info.compress_type, f"method {info.compress_type}"),
        digest=digest,
        kind="a link" if info.external_attr >> 28 == 0xA else "",
    )


def _digest(archive: CheckedZip, info: zipfile.ZipInfo, algorithm: str) -> str:
    """The hash of a member. It is always read, so that its CRC is checked."""
    digest = hashlib.new(algorithm or "sha256")
    for piece in archive.pieces(info):
        if algorithm:
            digest.update(piece)
    made = base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
    return f"{algorithm}={made}" if algorithm else ""


def _hash_names(record: str) -> dict[str, str]:
    """The hash algorithm in RECORD for each file; unknown algorithms are skipped."""
    try:
        rows = [row for row in csv.reader(record.splitlines()) if len(row) > 1]
    except csv.Error:
        return {}
    named = {row[0]: row[1].partition("=")[0].lower() for row in rows}
    known = {algorithm for algorithm in set(named.values()) if _is_known(algorithm)}
    return {name: algorithm for name, algorithm in named.items() if algorithm in known}


def _is_known(algorithm: str) -> bool:
    try:
        hashlib.new(algorithm)
    except (ValueError, TypeError):
        return False
    # Digests of the SHAKE family have no fixed length.
    return not algorithm.startswith("shake")


def _framing(archive: CheckedZip) -> Iterator[str]:
    yield from archive.oddities[:_MOST_ODDITIES]
    infos = [info for info in archive.infos if not info.is_dir()]
    repeated = [name for name, times in Counter(info.filename for info in infos).items() if times > 1]
    if repeated:
        more = f" and {len(repeated) - 1} more members are" if len(repeated) > 1 else " is"
        yield f"{repeated[0]}{more} in the zip file more than once"
    listing = Listing()
    for info in infos:
        entry = Entry(name=info.orig_filename, kind=EntryKind.FILE)
        reason = refusal(partial(listing.add, entry))
        if reason:
            yield f"it is not safe to unpack: {reason}"
            return


def _text(archive: CheckedZip, name: str, limit: int) -> str | None:
    data = archive.read(name, limit)
    return None if data is None else data.decode("utf-8", "replace")
