"""The contents of a distribution that the checks use."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.distribution import SDIST_ENDING, Distribution

PLAIN_METHODS = ("stored", "deflated")
"""Compression methods that wheels may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in an archive: its size in bytes, its compression, and its hash.

    `packed` is its compressed size in a zip file, and 0 in a tar file, which is compressed as a whole. `digest` is
    written as in RECORD, such as `sha256=...`, and empty if it was not computed. `kind` is empty for a regular file,
    else the type of the member, such as a link.
    """

    name: str
    size: int
    packed: int = 0
    method: str = ""
    digest: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageMetadata:
    """The fields of METADATA or PKG-INFO (core metadata), and their violations of the specification.

    Names in `fields` are written as in packaging, such as `requires_dist`. A project URL is `label, address`.
    A fault is a field and a message.
    """

    fields: dict[str, tuple[str, ...]]
    faults: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return self.fields.get(name, ())

    def one(self, name: str) -> str:
        """The value of a field, or an empty string."""
        return next(iter(self.all(name)), "")

    @property
    def has_license_files(self) -> bool:
        """Whether this metadata version has License-File: since 2.4 (PEP 639)."""
        return self._is_of(2, 4)

    def is_dynamic(self, name: str) -> bool:
        """Whether a build from this sdist may change a field (PEP 643)."""
        dynamic = {text.lower().replace("-", "_").rstrip("s") for text in self.all("dynamic")}
        return not self._is_of(2, 2) or name.rstrip("s") in dynamic

    def _is_of(self, *version: int) -> bool:
        """Whether the metadata has this version or a later one."""
        major, _, minor = self.one("metadata_version").partition(".")
        is_version = all(part.isdecimal() and len(part) < 4 for part in (major, minor))
        return is_version and (int(major), int(minor)) >= version


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionContents:
    """A distribution and its contents.

    `broken` says why an archive could not be read completely. `framing` lists anomalies of the archive itself.
    The texts are those of files in `.dist-info`, or None if a file is missing. `top` is the only top-level directory
    of an sdist, and empty if it has several or none. `pyproject_fault` says why its pyproject.toml cannot be read.
    """

    distribution: Distribution
    path: str = ""
    members: tuple[Member, ...] = ()
    metadata: PackageMetadata | None = None
    wheel_file: str | None = None
    record: str | None = None
    entry_points: str | None = None
    framing: tuple[str, ...] = ()
    broken: str = ""
    top: str = ""
    pyproject_fault: str = ""

    @property
    def filename(self) -> str:
        """The name of the distribution's file."""
        return self.distribution.filename

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel."""
        return self.distribution.wheel is not None

    @property
    def root(self) -> str:
        """The top-level directory of an sdist, or else the one expected from its file name."""
        return self.top or sdist_root(self.filename)

    @property
    def is_plain(self) -> bool:
        """Whether all members use compression methods that wheels may use; other members are not read."""
        return all(member.method in ("", *PLAIN_METHODS) for member in self.members)

    @property
    def is_whole(self) -> bool:
        """Whether the archive could be read completely."""
        return not self.broken

    @property
    def unpacked(self) -> int:
        """The size in bytes of all members."""
        return sum(member.size for member in self.members)


def dist_info(filename: str) -> str:
    """The metadata directory of a wheel, from its file name."""
    return f"{'-'.join(filename.split('-')[:2])}.dist-info"


def sdist_root(filename: str) -> str:
    """The directory that an sdist unpacks into (PEP 625)."""
    return filename.removesuffix(SDIST_ENDING)


BOMB_SIZE = 64 * 1024 * 1024
BOMB_RATIO = 50


def is_bomb(unpacked: int, packed: int) -> bool:
    """Whether the compression ratio is so high that an index rejects the archive as an attack."""
    return unpacked > BOMB_SIZE and unpacked > BOMB_RATIO * max(packed, 1)
