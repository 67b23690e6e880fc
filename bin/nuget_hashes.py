"""The hashes of the NuGet packages that hold CPython for Windows; cibuildwheel names none."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cibw.catalog import CatalogEntry, nuget_package  # noqa: E402
from cibw.errors import DownloadError  # noqa: E402
from cibw.execution.fetch.download import DownloadSettings, fetch  # noqa: E402
from cibw.model.identifiers import Architecture, Implementation  # noqa: E402
from cibw.model.machines import Download  # noqa: E402

Hashes = Mapping[str, Mapping[str, str]]
"""SHA-256 in hexadecimal digits, by the name of a package and its version."""


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """A package in a version."""

    package: str
    version: str


@dataclass(slots=True)
class Hasher:
    """Tells hashes: those that are known, else those of files that it fetches; `faults` are what it could not get."""

    known: Hashes
    fetching: DownloadSettings | None = None
    faults: list[str] = field(default_factory=list)

    def __call__(self, release: Release) -> str:
        """The hash of a package; empty where it is not known and can't be had. A version never changes."""
        known = self.known.get(release.package, {}).get(release.version, "")
        if known or self.fetching is None:
            return known
        try:
            path = fetch(Download(address=f"nuget:{release.package}/{release.version}"), self.fetching)
        except DownloadError as error:
            self.faults.append(f"{release.package} {release.version}: {error.message}")
            return ""
        return hashlib.sha256(path.read_bytes()).hexdigest()


def releases(entries: Iterable[CatalogEntry]) -> list[Release]:
    """The packages that builds on Windows fetch, in order.

    A build for ARM64 also wants the package for x86-64, which builds on other computers.
    """
    found: set[Release] = set()
    for entry in entries:
        interpreter, architecture = entry.identifier.interpreter, entry.identifier.target.architecture
        if interpreter.implementation is Implementation.CPYTHON:
            wanted = (
                {architecture, Architecture.WIN_AMD64} if architecture is Architecture.WIN_ARM64 else {architecture}
            )
            found |= {Release(nuget_package(interpreter, one), entry.version) for one in wanted}
    return sorted(found)


def hash_lines(wanted: Iterable[Release], hash_of: Callable[[Release], str]) -> Iterator[str]:
    """A table of hashes, as lines of TOML: of each package its versions."""
    package = ""
    for release in wanted:
        digest = hash_of(release)
        if not digest:
            continue
        if release.package != package:
            package = release.package
            yield f"\n[{package}]"
        yield f'"{release.version}" = "{digest}"'
