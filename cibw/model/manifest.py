"""`dist.json`: what a build promises, and the files that it gave; it travels with them."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.identifier import BuildIdentifier

MANIFEST_VERSION = 1
MANIFEST_NAME = "dist.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A distribution, with its size in bytes and SHA-256, and the identifiers that it serves.

    `plan_key` is the SHA-256 of the plan of its build, and empty for an sdist.
    """

    filename: str
    size: int
    sha256: str
    identifiers: tuple[BuildIdentifier, ...] = ()
    plan_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The files of one or more builds, and `expected`: every identifier that their plans had to build."""

    files: tuple[ManifestFile, ...] = ()
    expected: tuple[BuildIdentifier, ...] = ()
    version: int = MANIFEST_VERSION

    def file(self, filename: str) -> ManifestFile | None:
        """The entry of a file; None where there is none."""
        return next((entry for entry in self.files if entry.filename == filename), None)


def merged(manifests: tuple[Manifest, ...]) -> Manifest:
    """All files and identifiers of several manifests, each once; of two entries for a file the later counts."""
    files = {entry.filename: entry for manifest in manifests for entry in manifest.files}
    expected = dict.fromkeys(identifier for manifest in manifests for identifier in manifest.expected)
    return Manifest(files=tuple(files[name] for name in sorted(files)), expected=tuple(expected))
