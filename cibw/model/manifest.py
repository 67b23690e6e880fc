"""`dist.json`, collections of files, the contents of sdists, and findings about a release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from cibw.model.identifiers import BuildIdentifier

# Names of the CI artifacts that pass distributions between jobs.

SDIST_ARTIFACT = "cibw-sdist"
ARTIFACT_GLOB = "cibw-*"
"""A glob that matches all artifacts with distributions."""
_WHEELS = "cibw-wheels"
# Characters that CI services reject in artifact names, and spaces, which would require quoting.
_REFUSED = re.compile(r"[^A-Za-z0-9._+=@,-]+")


def artifact_name(group: str | BuildIdentifier | None = None) -> str:
    """The artifact name for the wheels of an identifier or a group, or for the sdist if there is no group.

    Each run of characters that a CI service may reject becomes a dash. ValueError if no characters remain.
    """
    if group is None:
        return SDIST_ARTIFACT
    name = _REFUSED.sub("-", str(group)).strip("-.")
    if not name:
        raise ValueError(f"{group!r} contains no characters that are valid in an artifact name")
    return f"{_WHEELS}-{name}"


# `dist.json`: the expected and the built files of a build; it is stored next to them.

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


# Collection of files from several directories into one.


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedFile:
    """A distribution or an attestation: its name, size in bytes, SHA-256 and directory."""

    filename: str
    size: int
    sha256: str
    folder: str

    @property
    def path(self) -> str:
        """The path of the file."""
        return f"{self.folder}/{self.filename}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The files directly in one directory; `manifest` is None if it has none."""

    name: str
    files: tuple[CollectedFile, ...] = ()
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The plan for collecting the files of some directories.

    `repeated` are additional copies of the same content. `there` are files that the output directory already has.
    `kept` are other files of the output directory that its manifest lists, and `strangers` those that it does not
    list. `manifest` is the new manifest.
    """

    folders: tuple[Folder, ...]
    manifest: Manifest
    copies: tuple[CollectedFile, ...] = ()
    there: tuple[CollectedFile, ...] = ()
    repeated: tuple[CollectedFile, ...] = ()
    kept: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


# The source and the contents of an sdist.


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The git state of a package's directory; paths are relative to it.

    `missing_submodules` are not checked out, `changed` are modified or untracked files. All fields are empty without
    git or outside of a repository. `refused` is the command that allows git to read a repository owned by another
    user, if git refused to.
    """

    is_shallow: bool = False
    missing_submodules: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SdistContents:
    """The top-level names of an sdist, and the text of its PKG-INFO; empty if there is none."""

    top: tuple[str, ...]
    pkg_info: str = ""


# Findings about a release, each with a fix.


class Severity(Enum):
    """Whether a finding blocks a release."""

    ERROR = "error"
    WARNING = "warning"
    """Worth checking; the release continues."""
    SKIPPED = "skipped"
    """A check that could not be performed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: its rule, what is wrong, what to do, and the affected files.

    `rule` is a short name in kebab-case, such as `missing-wheel`, listed in docs/delivery.md.
    """

    rule: str
    message: str
    fix: str = ""
    files: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR


def stops(findings: tuple[Finding, ...]) -> bool:
    """Whether any finding blocks a release."""
    return any(finding.severity is Severity.ERROR for finding in findings)
