"""Real projects of the package index, for the configurations that they bring."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from downloads import download_sdist, unpack
from peer import PEER_CACHE

PROJECTS = {
    "lxml": "6.1.0",
    "pillow": "13.0.0",
    "h5py": "3.16.0",
    "pyzmq": "27.3.0",
    "numpy": "2.4.6",
    "contourpy": "1.3.3",
    "propcache": "0.5.4",
    "boost_histogram": "1.8.1",
}
"""The release of each whose configuration is compared."""


def project_directory(name: str) -> Path:
    """The unpacked sdist of a project, downloaded and unpacked where it is not there yet; DownloadError.

    It lacks the enable group that ended with cibuildwheel 4, for which all of its configuration would be refused.
    """
    place = PEER_CACHE / "projects" / f"{name}-{PROJECTS[name]}"
    if not place.exists():
        archives = PEER_CACHE / "sdists"
        archives.mkdir(parents=True, exist_ok=True)
        archive = download_sdist(name, PROJECTS[name], archives, os.environ)
        partial = place.with_name(f"{place.name}.{os.getpid()}")
        partial.mkdir()
        unpacked = unpack(archive, partial)
        _take_out_ended_group(unpacked / "pyproject.toml")
        unpacked.replace(place)
        shutil.rmtree(partial)
    return place


def _take_out_ended_group(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("cpython-freethreading", "cpython-prerelease"), encoding="utf-8")
