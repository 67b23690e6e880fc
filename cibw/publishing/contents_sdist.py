"""Reads an sdist (source distribution format, PEP 625)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from cibw.publishing.contents import DistributionContents, Member, PackageMetadata, is_bomb, sdist_root
from cibw.publishing.contents_metadata import read_metadata
from cibw.publishing.distributions import FoundFile
from cibw.untrusted.entries import Entry, EntryKind, Listing, refusal
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.limits import METADATA
from cibw.untrusted.tars import TarReader, open_sdist

_PLAIN = (EntryKind.FILE, EntryKind.DIRECTORY)


def read_sdist(found: FoundFile) -> DistributionContents:
    """The contents of an sdist; `broken` says why an archive can't be read, or why it was not read to its end."""
    reading = _Reading(found)
    try:
        with open_sdist(found.path) as archive:
            reading.read(archive)
    except (ArchiveError, OSError) as error:
        reading.broken = f"{found.distribution.filename} can't be read as a gzipped tar file: {error}"
    return reading.contents()


class _Reading:
    """What was read of an archive so far."""

    def __init__(self, found: FoundFile) -> None:
        self._found = found
        self._root = sdist_root(found.distribution.filename)
        self._members: list[Member] = []
        self._metadata: PackageMetadata | None = None
        self._listing = Listing()
        self._unsafe = ""
        self.broken = ""

    def read(self, archive: TarReader) -> None:
        """Look at each member once, in the order of the archive."""
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
            if entry.name == f"{self._root}/PKG-INFO":
                self._metadata = read_metadata(archive.read(METADATA))
        if not self._unsafe:
            self._unsafe = refusal(self._listing.finish)

    def contents(self) -> DistributionContents:
        """All of it as a value."""
        return DistributionContents(
            distribution=self._found.distribution,
            path=str(self._found.path),
            members=tuple(self._members),
            metadata=self._metadata,
            framing=() if self.broken else tuple(self._framing()),
            broken=self.broken,
        )

    def _judge(self, entry: Entry) -> None:
        if not self._unsafe:
            self._unsafe = refusal(lambda: self._listing.add(entry))

    def _framing(self) -> Iterator[str]:
        strangers = [one.name for one in self._members if PurePosixPath(one.name).parts[:1] != (self._root,)]
        if strangers:
            yield f"{strangers[0]} does not lie in the directory {self._root}, which the file's name promises"
        if self._unsafe:
            yield f"it is not safe to unpack, as {self._unsafe}"
