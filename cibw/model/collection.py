"""Files of several folders on their way into one directory."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedFile:
    """A distribution or an attestation: its name, size in bytes and SHA-256, and the folder where it lies."""

    filename: str
    size: int
    sha256: str
    folder: str

    @property
    def path(self) -> str:
        """Where it lies."""
        return f"{self.folder}/{self.filename}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What lies directly in one folder; `manifest` is None where it has none."""

    name: str
    files: tuple[CollectedFile, ...] = ()
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What is done with the files of some folders.

    `repeated` are further places of the same bytes, `there` has what the output directory has already, `kept` the
    files of that directory that come from none of the folders but stand in its manifest, and `strangers` those that
    do not. `manifest` is what it gets.
    """

    folders: tuple[Folder, ...]
    manifest: Manifest
    copies: tuple[CollectedFile, ...] = ()
    there: tuple[CollectedFile, ...] = ()
    repeated: tuple[CollectedFile, ...] = ()
    kept: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
