"""Reads the contents of a distribution that the checks use."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from packaging.metadata import ExceptionGroup, InvalidMetadata, Metadata, parse_email

from cibw.model.release import SDIST_ENDING, Distribution
from cibw.release.upload_plan import FoundFile, read_distribution
from cibw.untrusted.archives import ArchiveEntry, EntryChecker, EntryKind, refusal
from cibw.untrusted.limits import METADATA, RECORD, ArchiveError
from cibw.untrusted.tars import TarReader, open_sdist
from cibw.untrusted.zips import METHODS, CheckedZip, open_zip

if sys.version_info >= (3, 11):  # pragma: no cover - one of the two is never reached
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib


# The contents of a distribution, as values.

PLAIN_METHODS = ("stored", "deflated")
"""Compression methods that wheels may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in an archive: its size in bytes, its compression, and its hash.

    `packed` is its compressed size in a zip file, and 0 in a tar file, whose members are not compressed separately.
    `digest` is written as in RECORD, such as `sha256=...`, and empty if it was not computed. `kind` is empty for a
    regular file, else the type of the member, such as a link.
    """

    name: str
    size: int
    packed: int = 0
    method: str = ""
    digest: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageMetadata:
    """The fields of METADATA or PKG-INFO (core metadata), and their violations of the specification.

    Names in `fields` are written as in packaging, such as `requires_dist`. A project URL is `label, address`.
    A fault is a field and a message.
    """

    fields: dict[str, tuple[str, ...]]
    faults: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return self.fields.get(name, ())

    def one(self, name: str) -> str:
        """The value of a field, or an empty string."""
        return next(iter(self.all(name)), "")

    @property
    def has_license_files(self) -> bool:
        """Whether this metadata version has License-File: since 2.4 (PEP 639)."""
        return self._is_of(2, 4)

    def is_dynamic(self, name: str) -> bool:
        """Whether a build from this sdist may change a field (PEP 643)."""
        dynamic = {text.lower().replace("-", "_").rstrip("s") for text in self.all("dynamic")}
        return not self._is_of(2, 2) or name.rstrip("s") in dynamic

    def _is_of(self, *version: int) -> bool:
        """Whether the metadata has this version or a later one."""
        major, _, minor = self.one("metadata_version").partition(".")
        is_version = all(part.isdecimal() and len(part) < 4 for part in (major, minor))
        return is_version and (int(major), int(minor)) >= version


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionContents:
    """A distribution and its contents.

    `broken` says why an archive could not be read completely. `framing` lists anomalies of the archive itself.
    The texts are those of files in `.dist-info`, or None if a file is missing. `top` is the only top-level directory
    of an sdist, and empty if it has several or none. `pyproject_fault` says why its pyproject.toml cannot be read.
    """

    distribution: Distribution
    path: str = ""
    members: tuple[Member, ...] = ()
    metadata: PackageMetadata | None = None
    wheel_file: str | None = None
    record: str | None = None
    entry_points: str | None = None
    framing: tuple[str, ...] = ()
    broken: str = ""
    top: str = ""
    pyproject_fault: str = ""

    @property
    def filename(self) -> str:
        """The name of the distribution's file."""
        return self.distribution.filename

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel."""
        return self.distribution.wheel is not None

    @property
    def root(self) -> str:
        """The top-level directory of an sdist, or else the one expected from its file name."""
        return self.top or sdist_root(self.filename)

    @property
    def is_plain(self) -> bool:
        """Whether all members use compression methods that wheels may use; other members are not read."""
        return all(member.method in ("", *PLAIN_METHODS) for member in self.members)

    @property
    def is_whole(self) -> bool:
        """Whether the archive could be read completely."""
        return not self.broken

    @property
    def unpacked(self) -> int:
        """The size in bytes of all members."""
        return sum(member.size for member in self.members)


def dist_info(filename: str) -> str:
    """The metadata directory of a wheel, from its file name."""
    return f"{'-'.join(filename.split('-')[:2])}.dist-info"


def sdist_root(filename: str) -> str:
    """The directory that an sdist unpacks into (PEP 625)."""
    return filename.removesuffix(SDIST_ENDING)


BOMB_SIZE = 64 * 1024 * 1024
BOMB_RATIO = 50


def is_bomb(unpacked: int, packed: int) -> bool:
    """Whether the compression ratio is so high that an index rejects the archive as an attack."""
    return unpacked > BOMB_SIZE and unpacked > BOMB_RATIO * max(packed, 1)


# Parse METADATA or PKG-INFO.

_MOST_LINES = 20_000
"""The largest projects have some thousand requirements."""
_MOST_NAMES = 200
"""The specification has about thirty fields."""
_LONGEST_FAULT = 300
_LONGEST_FIELD = 10_000
"""The libraries need quadratic time for some fields."""
_UNKNOWN = "UNKNOWN"
"""distutils writes this for a field that is not set; the index ignores it."""
_NAMING = ("name", "version")
_OF_TEXT = ("description", "keywords", "license", "summary")
# These headers would make the email parser decode or split the description.
_OF_MAIL = re.compile(rb"(content-[\w-]+|mime-version)\s*:", re.IGNORECASE)
_LIBRARY_FAULTS = (ValueError, TypeError, AttributeError, LookupError, AssertionError, RecursionError)
"""Errors of the libraries for unexpected input, such as a version of 5,000 digits."""


def read_metadata(data: bytes) -> PackageMetadata:
    """The fields, and all their violations of the core metadata specification. Accepts any bytes."""
    head, body = _split(data)
    names = {line.partition(b":")[0] for line in head if not line.startswith((b" ", b"\t"))}
    if len(head) > _MOST_LINES or len(names) > _MOST_NAMES:
        fault = f"there are {len(head)} lines with {len(names)} field names; nothing was read"
        return PackageMetadata(fields={}, faults=(("metadata", fault),))
    kept, odd = _judged(head)
    data = b"".join((*kept, body))
    metadata = PackageMetadata(fields=dict(_fields(data)))
    # Older setuptools wrote License-File into older metadata versions; uploads omit it there, so it is harmless.
    strange = () if metadata.has_license_files else ("license-file",)
    return replace(metadata, faults=tuple(fault for fault in (*_faults(data), *odd) if fault[0] not in strange))


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    """The lines of the header, and the rest."""
    place = re.search(rb"^\r?\n", data, re.MULTILINE)
    end = place.start() if place else len(data)
    return data[:end].splitlines(keepends=True), data[end:]


def _judged(head: list[bytes]) -> tuple[list[bytes], tuple[tuple[str, str], ...]]:
    """The header fields that are safe to parse with the libraries, and the faults of the others."""
    fields: list[bytes] = []
    continued: list[bytes] = []
    for line in head:
        if continued and not line.startswith((b" ", b"\t")):
            fields.append(b"".join(continued))
            continued = []
        continued.append(line)
    fields.append(b"".join(continued))
    faults: dict[tuple[str, str], None] = {}
    kept: list[bytes] = []
    for field in fields:
        name = field.partition(b":")[0].strip().decode("ascii", "replace").lower()
        if _OF_MAIL.match(field):
            faults[name, f"unrecognized field: {name!r}"] = None
        elif len(field) > _LONGEST_FIELD and name not in _OF_TEXT:
            faults[name, f"{name!r} is longer than {_LONGEST_FIELD} bytes"] = None
        else:
            kept.append(field)
    return kept, tuple(faults)


def _fields(data: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    try:
        raw, unparsed = parse_email(data)
    except _LIBRARY_FAULTS:
        return
    for name, value in raw.items():
        texts = _texts(value)
        if name not in _NAMING:
            texts = tuple(text for text in texts if text.strip() != _UNKNOWN)
        if texts:
            yield name, texts
    for name, values in unparsed.items():
        yield f"unread {name}", tuple(map(str, values))


def _texts(value: object) -> tuple[str, ...]:
    match value:
        case str():
            return (value,)
        case list():
            return tuple(str(one) for one in value)
        case dict():
            return tuple(f"{label}, {address}" for label, address in value.items())
        case _:
            return ()


def _faults(data: bytes) -> tuple[tuple[str, str], ...]:
    try:
        Metadata.from_email(data)
    except ExceptionGroup as group:
        return tuple(sorted({_fault(error) for error in group.exceptions}))
    except _LIBRARY_FAULTS as error:
        return (_fault(error),)
    return ()


def _fault(error: Exception) -> tuple[str, str]:
    text = str(error) or type(error).__name__
    shown = text if len(text) <= _LONGEST_FAULT else f"{text[:_LONGEST_FAULT]}..."
    return (error.field if isinstance(error, InvalidMetadata) else "metadata", shown)


# Read an sdist (source distribution format, PEP 625).

_PLAIN = (EntryKind.FILE, EntryKind.DIRECTORY)


def read_sdist(found: FoundFile) -> DistributionContents:
    """The contents of an sdist; `broken` says why an archive cannot be read, or was not read completely."""
    reading = _ArchiveReader(found)
    try:
        with open_sdist(found.path) as archive:
            reading.read(archive)
    except (ArchiveError, OSError) as error:
        reading.broken = f"cannot read {found.distribution.filename} as a gzipped tar file: {error}"
    return reading.contents()


class _ArchiveReader:
    """The state of reading an archive."""

    def __init__(self, found: FoundFile) -> None:
        self._found = found
        self._root = sdist_root(found.distribution.filename)
        self._members: list[Member] = []
        self._tops: dict[str, None] = {}
        self._metadata: dict[str, PackageMetadata] = {}
        self._pyproject_faults: dict[str, str] = {}
        self._listing = EntryChecker()
        self._unsafe = ""
        self.broken = ""

    def read(self, archive: TarReader) -> None:
        """Process each member once, in the order of the archive."""
        total = 0
        for member in archive:
            entry = member.entry
            self._judge(entry)
            if entry.kind is EntryKind.DIRECTORY:
                continue
            kind = "" if entry.kind in _PLAIN else entry.kind.value
            self._members.append(Member(name=entry.name, size=member.size, kind=kind))
            total += member.size
            if is_bomb(total, self._found.distribution.size):
                return
            self._look_into(archive, PurePosixPath(entry.name).parts)
        if not self._unsafe:
            self._unsafe = refusal(self._listing.finish)

    def contents(self) -> DistributionContents:
        """The result."""
        top = next(iter(self._tops)) if len(self._tops) == 1 else ""
        root = top or self._root
        return DistributionContents(
            distribution=self._found.distribution,
            path=str(self._found.path),
            members=tuple(self._members),
            metadata=self._metadata.get(root),
            framing=() if self.broken else tuple(self._framing()),
            broken=self.broken,
            top=top,
            pyproject_fault=self._pyproject_faults.get(root, ""),
        )

    def _look_into(self, archive: TarReader, parts: tuple[str, ...]) -> None:
        """Read the relevant files in directories that may be the sdist's top-level directory."""
        self._tops.setdefault(parts[0] if len(parts) > 1 else "")
        if len(parts) != 2 or parts[0] not in (self._root, next(iter(self._tops))):
            return
        if parts[1] == "PKG-INFO":
            self._metadata[parts[0]] = read_metadata(archive.read(METADATA))
        elif parts[1] == "pyproject.toml":
            self._pyproject_faults[parts[0]] = _toml_fault(archive.read(METADATA))

    def _judge(self, entry: ArchiveEntry) -> None:
        if not self._unsafe:
            self._unsafe = refusal(lambda: self._listing.add(entry))

    def _framing(self) -> Iterator[str]:
        strangers = [one.name for one in self._members if PurePosixPath(one.name).parts[:1] != (self._root,)]
        if strangers and (len(self._tops) > 1 or "" in self._tops):
            yield f"{strangers[0]} is not in the directory {self._root}; an sdist must have one top-level directory"
        if self._unsafe:
            yield f"it is not safe to unpack: {self._unsafe}"


def _toml_fault(data: bytes) -> str:
    """Why a TOML file cannot be parsed, or an empty string."""
    try:
        tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        return str(error).rstrip(".")
    return ""


# Read a wheel (binary distribution format).

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
    listing = EntryChecker()
    for info in infos:
        entry = ArchiveEntry(name=info.orig_filename, kind=EntryKind.FILE)
        reason = refusal(partial(listing.add, entry))
        if reason:
            yield f"it is not safe to unpack: {reason}"
            return


def _text(archive: CheckedZip, name: str, limit: int) -> str | None:
    data = archive.read(name, limit)
    return None if data is None else data.decode("utf-8", "replace")


# Read the distributions of a release with their contents.


@dataclass(frozen=True, slots=True, kw_only=True)
class OddFile:
    """A file that is not a distribution or cannot be read, and why."""

    filename: str
    reason: str


def read_contents(path: Path) -> DistributionContents | OddFile:
    """Read one file as the kind of distribution that its name implies."""
    try:
        found = read_distribution(path)
    except ValueError as error:
        return OddFile(filename=path.name, reason=str(error))
    except OSError as error:
        return OddFile(filename=path.name, reason=f"cannot read {path}: {error.strerror or error}")
    return read_sdist(found) if found.distribution.wheel is None else read_wheel(found)
