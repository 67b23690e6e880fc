"""What lies in a distribution, as far as a release depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.distribution import SDIST_ENDING, Distribution

PLAIN_METHODS = ("stored", "deflated")
"""How members may be compressed, in the words of the zip format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in an archive: its size in bytes, how it is compressed, and its hash.

    `packed` is what it takes in a zip file, and 0 in a tar file, which is compressed as a whole. `digest` is written
    as in RECORD, such as `sha256=...`, and empty where nobody has made it. `kind` is empty for a common file, else
    what it is in its place, such as a link.
    """

    name: str
    size: int
    packed: int = 0
    method: str = ""
    digest: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageMetadata:
    """The fields of METADATA or PKG-INFO (core metadata), and what the specification has against them.

    A name of `fields` is written as packaging does, such as `requires_dist`; a project's address is `label, address`.
    A fault is a field and a sentence.
    """

    fields: dict[str, tuple[str, ...]]
    faults: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return self.fields.get(name, ())

    def one(self, name: str) -> str:
        """The value of a field; empty where there is none."""
        return next(iter(self.all(name)), "")

    @property
    def has_license_files(self) -> bool:
        """Whether the specification knows License-File in this version of metadata: from 2.4 on (PEP 639)."""
        return self._is_of(2, 4)

    def is_dynamic(self, name: str) -> bool:
        """Whether a build from this sdist may give a field another value (PEP 643)."""
        dynamic = {text.lower().replace("-", "_").rstrip("s") for text in self.all("dynamic")}
        return not self._is_of(2, 2) or name.rstrip("s") in dynamic

    def _is_of(self, *version: int) -> bool:
        """Whether the metadata is of this version or a later one."""
        major, _, minor = self.one("metadata_version").partition(".")
        is_version = all(part.isdecimal() and len(part) < 4 for part in (major, minor))
        return is_version and (int(major), int(minor)) >= version


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionContents:
    """A distribution and what was read from it.

    `broken` says why an archive could not be read to its end. `framing` are oddities of the archive itself.
    The texts are those of files in `.dist-info`, None where a file is missing. `top` is the one directory at the top of
    an sdist, and empty where it has several or none. `pyproject_fault` says why its pyproject.toml can't be read.
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
        """The directory of an sdist's files; the one that its name promises where there is none."""
        return self.top or sdist_root(self.filename)

    @property
    def is_plain(self) -> bool:
        """Whether no member is compressed in a way that wheels must not use; others are not read."""
        return all(member.method in ("", *PLAIN_METHODS) for member in self.members)

    @property
    def is_whole(self) -> bool:
        """Whether the archive could be read to its end."""
        return not self.broken

    @property
    def unpacked(self) -> int:
        """The size in bytes of all members."""
        return sum(member.size for member in self.members)


def dist_info(filename: str) -> str:
    """The directory of a wheel's metadata, by the file's name."""
    return f"{'-'.join(filename.split('-')[:2])}.dist-info"


def sdist_root(filename: str) -> str:
    """The directory that an sdist unpacks into (PEP 625)."""
    return filename.removesuffix(SDIST_ENDING)


BOMB_SIZE = 64 * 1024 * 1024
BOMB_RATIO = 50


def is_bomb(unpacked: int, packed: int) -> bool:
    """Whether an archive swells so much that an index takes it for an attack."""
    return unpacked > BOMB_SIZE and unpacked > BOMB_RATIO * max(packed, 1)
