"""Read an sdist (source distribution format, PEP 625)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from cibw.publishing.contents import DistributionContents, Member, PackageMetadata, is_bomb, sdist_root
from cibw.publishing.contents_metadata import read_metadata
from cibw.publishing.distributions import FoundFile
from cibw.untrusted.entries import Entry, EntryKind, Listing, refusal
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.limits import METADATA
from cibw.untrusted.tars import TarReader, open_sdist

if sys.version_info >= (3, 11):  # pragma: no cover - one of the two is never reached
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

_PLAIN = (EntryKind.FILE, EntryKind.DIRECTORY)


def read_sdist(found: FoundFile) -> DistributionContents:
    """The contents of an sdist; `broken` says why an archive cannot be read, or was not read completely."""
    reading = _Reading(found)
    try:
        with open_sdist(found.path) as archive:
            reading.read(archive)
    except (ArchiveError, OSError) as error:
        reading.broken = f"cannot read {found.distribution.filename} as a gzipped tar file: {error}"
    return reading.contents()


class _Reading:
    """The state of reading an archive."""

    def __init__(self, found: FoundFile) -> None:
        self._found = found
        self._root = sdist_root(found.distribution.filename)
        self._members: list[Member] = []
        self._tops: dict[str, None] = {}
        self._metadata: dict[str, PackageMetadata] = {}
        self._pyproject_faults: dict[str, str] = {}
        self._listing = Listing()
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

    def _judge(self, entry: Entry) -> None:
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
