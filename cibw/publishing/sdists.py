"""Looks into an sdist."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from cibw.errors import ReleaseFaultError
from cibw.model.distribution import SDIST_ENDING
from cibw.model.sdist import SdistContents
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.limits import METADATA
from cibw.untrusted.tars import open_sdist


def read_sdist(path: Path) -> SdistContents:
    """What is at the top of an sdist, and its PKG-INFO; ReleaseFaultError where it is no gzipped tar file."""
    wanted = f"{path.name.removesuffix(SDIST_ENDING)}/PKG-INFO"
    top: dict[str, None] = {}
    text = ""
    try:
        with open_sdist(path) as archive:
            for member in archive:
                name = member.entry.name
                top.update(dict.fromkeys(PurePosixPath(name).parts[:1]))
                text = archive.read(METADATA).decode("utf-8", "replace") if name == wanted else text
    except (ArchiveError, OSError) as error:
        raise ReleaseFaultError(f"{path.name} can't be read: {error}.", hint="Remove it, and build it anew.") from error
    return SdistContents(top=tuple(top), pkg_info=text)
