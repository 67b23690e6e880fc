"""Where the files of published releases come from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from packaging.version import InvalidVersion, Version
from unearth import Link, PackageFinder

from cibw.release.credentials import famous_addresses
from cibw.release.index import simple_address

LARGEST = 15_000_000
"""The most bytes of a file that is downloaded."""
_PIECE = 1 << 16


def index_address() -> str:
    """The index of pip's settings, else the public one."""
    environment = os.environ.get("PIP_INDEX_URL")
    if environment:
        return environment
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return found or simple_address(famous_addresses()["pypi"], is_famous=True)


class Index:
    """The package index; each project is looked up once."""

    def __init__(self, address: str) -> None:
        self._finder = PackageFinder(index_urls=[address], ignore_compatibility=True)
        self._links: dict[str, dict[Version, list[Link]]] = {}

    def files_of(self, project: str, version: str) -> list[Link]:
        """The files of a release."""
        if project not in self._links:
            self._links[project] = {}
            for package in self._finder.find_all_packages(project, allow_yanked=True):
                if package.version is not None and _is_version(package.version):
                    self._links[project].setdefault(Version(package.version), []).append(package.link)
        return self._links[project].get(Version(version), [])

    def download(self, link: Link, directory: Path) -> Path | None:
        """Bring a file into a directory; None where it is too large."""
        path = directory / link.filename
        with self._finder.session.get_stream(link.normalized, headers={"accept-encoding": "identity"}) as response:
            response.raise_for_status()
            if int(response.headers.get("content-length", 0)) > LARGEST:
                return None
            with path.open("wb") as file:
                for piece in response.iter_bytes(_PIECE):
                    file.write(piece)
        return path


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
