"""Reads an sdist (source distribution format, PEP 625)."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from cibw.publishing.contents import DistributionContents, Member, PackageMetadata, is_bomb, sdist_root
from cibw.publishing.contents_metadata import read_metadata
from cibw.publishing.distributions import FoundFile

_FAILURES = (tarfile.TarError, zlib.error, OSError, EOFError, ValueError)
_LINKS = {tarfile.SYMTYPE: "a symbolic link", tarfile.LNKTYPE: "a hard link", tarfile.GNUTYPE_SPARSE: "a sparse file"}


def read_sdist(found: FoundFile) -> DistributionContents:
    """The contents of an sdist; `broken` says why an archive can't be read, or why it was not read to its end."""
    reading = _Reading(found)
    try:
        with tarfile.open(found.path, "r:gz") as archive:
            reading.read(archive)
    except _FAILURES as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        reading.broken = f"{found.distribution.filename} can't be read as a gzipped tar file: {reason}"
    return reading.contents()


class _Reading:
    """What was read of an archive so far."""

    def __init__(self, found: FoundFile) -> None:
        self._found = found
        self._root = sdist_root(found.distribution.filename)
        self._members: list[Member] = []
        self._metadata: PackageMetadata | None = None
        self.broken = ""

    def read(self, archive: tarfile.TarFile) -> None:
        """Look at each member once, in the order of the archive."""
        total = 0
        for info in archive:
            if info.isdir():
                continue
            self._members.append(_member(info))
            if info.name == f"{self._root}/PKG-INFO":
                file = archive.extractfile(info)
                self._metadata = read_metadata(file.read()) if file else None
            total += info.size
            if is_bomb(total, self._found.distribution.size):
                return

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

    def _framing(self) -> Iterator[str]:
        strangers = [one.name for one in self._members if PurePosixPath(one.name).parts[:1] != (self._root,)]
        if strangers:
            yield f"{strangers[0]} does not lie in the directory {self._root}, which the file's name promises"
        for member in self._members:
            if ".." in PurePosixPath(member.name).parts:
                yield f"the member {member.name!r} would be unpacked elsewhere"
            if member.kind == _LINKS[tarfile.GNUTYPE_SPARSE]:
                yield f"{member.name} is a sparse file"


def _member(info: tarfile.TarInfo) -> Member:
    sparse = _LINKS[tarfile.GNUTYPE_SPARSE] if info.issparse() else ""
    return Member(name=info.name, size=info.size, kind=sparse or _LINKS.get(info.type, ""))
