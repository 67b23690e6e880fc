"""Looks into an sdist."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath

from cibw.errors import ReleaseFaultError
from cibw.model.distribution import SDIST_ENDING
from cibw.model.sdist import SdistContents


def read_sdist(path: Path) -> SdistContents:
    """What is at the top of an sdist, and its PKG-INFO; ReleaseFaultError where it is no gzipped tar file."""
    wanted = f"{path.name.removesuffix(SDIST_ENDING)}/PKG-INFO"
    top: dict[str, None] = {}
    text = ""
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                top[PurePosixPath(member.name).parts[0]] = None
                file = archive.extractfile(member) if member.name == wanted else None
                text = file.read().decode("utf-8", "replace") if file else text
    except (tarfile.TarError, OSError, EOFError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        raise ReleaseFaultError(f"{path.name} can't be read: {reason}", hint="Remove it, and build it anew.") from error
    return SdistContents(top=tuple(top), pkg_info=text)
