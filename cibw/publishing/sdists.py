"""Read the top level of an sdist."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from cibw.errors import ReleaseFaultError
from cibw.model.distribution import SDIST_ENDING
from cibw.model.sdist import SdistContents
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.limits import METADATA
from cibw.untrusted.tars import TarReader, open_sdist


def read_sdist(path: Path) -> SdistContents:
    """The top-level entries and the PKG-INFO of an sdist; ReleaseFaultError if it is not a gzipped tar file."""
    try:
        with open_sdist(path) as archive:
            return _contents(archive, path.name.removesuffix(SDIST_ENDING))
    except (ArchiveError, OSError) as error:
        raise ReleaseFaultError(f"Cannot read {path.name}: {error}.", hint="Remove and rebuild it.") from error


def _contents(archive: TarReader, named: str) -> SdistContents:
    top: dict[str, None] = {}
    texts: dict[str, str] = {}
    for member in archive:
        parts = PurePosixPath(member.entry.name).parts
        top.update(dict.fromkeys(parts[:1]))
        if parts[1:] == ("PKG-INFO",) and parts[0] in (named, next(iter(top))):
            texts[parts[0]] = archive.read(METADATA).decode("utf-8", "replace")
    root = next(iter(top)) if len(top) == 1 else named
    return SdistContents(top=tuple(top), pkg_info=texts.get(root, ""))
