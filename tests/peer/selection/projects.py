"""Real projects, for the configurations that they bring: releases of the package index, and directories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.downloads import download_sdist, unpack
from tests.peer.peer import CIBUILDWHEEL_CACHE

RELEASES = tuple(
    line
    for line in (Path(__file__).parent / "projects.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
"""The releases whose configurations are compared, as `name==version`."""
_READ = (".toml", ".cfg", ".txt", ".py", ".build")
"""How the names of files end that a configuration may have cibuildwheel read."""
_DEEPEST = 3


def configured_directories(releases: tuple[str, ...], more: Path | None) -> Iterator[Path]:
    """The projects of releases, and those below one more directory; DownloadError."""
    yield from map(release_directory, releases)
    if more is not None:
        yield from sorted(path.parent.resolve() for path in more.glob("*/pyproject.toml"))


def release_directory(release: str) -> Path:
    """The files of a release that a configuration may read, downloaded where they are not there yet; DownloadError.

    They lack the enable group that ended with cibuildwheel 4, for which all of the configuration would be refused.
    """
    name, _, version = release.partition("==")
    place = CIBUILDWHEEL_CACHE / "configurations" / f"{name}-{version}"
    if not place.exists():
        archives = CIBUILDWHEEL_CACHE / "sdists"
        archives.mkdir(parents=True, exist_ok=True)
        archive = download_sdist(name, version, archives, os.environ)
        partial = place.with_name(f"{place.name}.{os.getpid()}")
        partial.mkdir(parents=True)
        unpacked = unpack(archive, partial)
        keep_what_is_read(unpacked)
        _take_out_ended_group(unpacked / "pyproject.toml")
        unpacked.replace(place)
        shutil.rmtree(partial)
    return place


def keep_what_is_read(directory: Path) -> None:
    """Remove what no configuration reads, and the directories that are empty then."""
    for path in sorted(directory.rglob("*"), reverse=True):
        if path.is_symlink() or path.is_file():
            if path.suffix not in _READ or len(path.relative_to(directory).parts) > _DEEPEST:
                path.unlink()
        elif not any(path.iterdir()):
            path.rmdir()


def _take_out_ended_group(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("cpython-freethreading", "cpython-prerelease"), encoding="utf-8")
