"""Looks into an sdist."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from cibw.errors import ReleaseFaultError
from cibw.model.distribution import SDIST_ENDING
from cibw.model.sdist import SdistContents
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.limits import METADATA
from cibw.untrusted.tars import TarReader, open_sdist


def read_sdist(path: Path) -> SdistContents:
    """What is at the top of an sdist, and its PKG-INFO; ReleaseFaultError where it is no gzipped tar file."""
    try:
        with open_sdist(path) as archive:
            return _contents(archive, path.name.removesuffix(SDIST_ENDING))
    except (ArchiveError, OSError) as error:
        raise ReleaseFaultError(f"{path.name} can't be read: {error}.", hint="Remove it, and build it anew.") from error


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
