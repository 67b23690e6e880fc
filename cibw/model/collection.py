"""Collection of files from several directories into one."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.manifest import Manifest


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
