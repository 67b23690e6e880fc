"""`dist.json`: the expected and the built files of a build; it is stored next to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cibw.model.identifier import BuildIdentifier

MANIFEST_VERSION = 1
MANIFEST_NAME = "dist.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A distribution, with its size in bytes, its SHA-256, and its build identifiers.

    `plan_key` is the SHA-256 of the plan of its build, and empty for an sdist. `source` is the SHA-256 of the input
    that the file was built from (the source of an sdist, the sdist of a pure Python wheel), and empty if unknown.
    """

    filename: str
    size: int
    sha256: str
    identifiers: tuple[BuildIdentifier, ...] = ()
    plan_key: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The files of one or more builds, and `expected`: all identifiers in their plans."""

    files: tuple[ManifestFile, ...] = ()
    expected: tuple[BuildIdentifier, ...] = ()
    version: int = MANIFEST_VERSION

    def file(self, filename: str) -> ManifestFile | None:
        """The entry of a file; None if there is none."""
        return next((entry for entry in self.files if entry.filename == filename), None)


def merged(manifests: tuple[Manifest, ...]) -> Manifest:
    """Merge the files and identifiers of several manifests, without duplicates.

    A later entry for a file replaces an earlier one; if the content is the same, their identifiers are combined.
    """
    files: dict[str, ManifestFile] = {}
    for entry in (entry for manifest in manifests for entry in manifest.files):
        files[entry.filename] = _joined(files.get(entry.filename), entry)
    expected = dict.fromkeys(identifier for manifest in manifests for identifier in manifest.expected)
    return Manifest(files=tuple(files[name] for name in sorted(files)), expected=tuple(expected))


def kept(manifest: Manifest, sizes: Mapping[str, int]) -> Manifest:
    """A manifest without files that are missing or changed, given the sizes of the existing files."""
    files = tuple(entry for entry in manifest.files if sizes.get(entry.filename) == entry.size)
    return replace(manifest, files=files)


def _joined(earlier: ManifestFile | None, later: ManifestFile) -> ManifestFile:
    if earlier is None or earlier.sha256 != later.sha256:
        return later
    identifiers = tuple(dict.fromkeys((*earlier.identifiers, *later.identifiers)))
    return replace(
        later,
        identifiers=identifiers,
        plan_key=later.plan_key or earlier.plan_key,
        source=later.source or earlier.source,
    )
