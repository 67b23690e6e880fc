"""Distributions and uploads: file names, versions, upload plans and upload events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from packaging.tags import Tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from cibw.errors import assert_never
from cibw.model.events import PublishReport, UploadResult
from cibw.model.identifiers import BuildIdentifier, Family, Implementation, Interpreter, Target

# Wheel file names and their tags.

_STABLE_ABIS = ("abi3", "abi3t")
_PYODIDE = ("pyodide_", "pyemscripten_")


@dataclass(frozen=True, slots=True)
class WheelName:
    """A parsed wheel file name (binary distribution format specification)."""

    filename: str
    project: str
    version: Version
    tags: frozenset[Tag]

    @classmethod
    def parse(cls, filename: str) -> WheelName:
        """Parse a wheel file name; ValueError if it is invalid."""
        try:
            project, version, _build, tags = parse_wheel_filename(filename)
        except InvalidWheelFilename as error:
            raise ValueError(str(error)) from error
        return cls(filename, project, version, tags)

    @property
    def is_pure(self) -> bool:
        """Whether the wheel runs on any platform (`none-any`)."""
        return any(tag.abi == "none" and tag.platform == "any" for tag in self.tags)

    @property
    def is_abi3(self) -> bool:
        """Whether the wheel uses the stable ABI of CPython (PEP 384), possibly also the free-threaded one (PEP 803)."""
        return any(tag.abi == "abi3" for tag in self.tags)

    @property
    def is_for_several(self) -> bool:
        """Whether more than one Python version can use the wheel."""
        return any(tag.abi in ("abi3", "none") for tag in self.tags)

    def serves(self, identifier: BuildIdentifier) -> bool:
        """Whether the wheel can replace the wheel that `identifier` would build."""
        return any(
            _interpreter_fits(tag, identifier.interpreter) and _platform_fits(tag.platform, identifier.target)
            for tag in self.tags
        )

    def covers(self, identifier: BuildIdentifier) -> bool:
        """Whether the wheel can be installed wherever the wheel of `identifier` can.

        It is the wheel of that build, it serves the identifier, or it is a universal2 wheel for macOS.
        """
        return any(_covers(tag, identifier) for tag in self.tags)


def _covers(tag: Tag, identifier: BuildIdentifier) -> bool:
    interpreter, target = identifier.interpreter, identifier.target
    if target.family is Family.PYODIDE:
        is_for = tag.platform.startswith(_PYODIDE) and tag.platform.endswith(f"_{target.architecture.value}")
        return is_for and _is_built_by(tag, interpreter)
    is_both = target.family is Family.MACOSX and tag.platform.startswith("macosx_") and "universal2" in tag.platform
    is_for = tag.platform == "any" or is_both or _platform_fits(tag.platform, target)
    return is_for and (_interpreter_fits(tag, interpreter) or _is_built_by(tag, interpreter))


def _is_built_by(tag: Tag, interpreter: Interpreter) -> bool:
    name = f"{interpreter.major}{interpreter.minor}"
    match interpreter.implementation:
        case Implementation.CPYTHON:
            abis = (f"cp{name}t",) if interpreter.free_threaded else (f"cp{name}", "none")
            return tag.interpreter == f"cp{name}" and tag.abi in abis
        case Implementation.PYPY:
            return tag.interpreter == f"pp{name}"
        case Implementation.GRAALPY:
            is_release = f"graalpy{interpreter.release}_" in tag.abi
            return tag.interpreter == f"graalpy{name}" and is_release
        case _:
            assert_never(interpreter.implementation)


def _interpreter_fits(tag: Tag, interpreter: Interpreter) -> bool:
    if tag.abi in _STABLE_ABIS:
        # A wheel for both ABIs has two tags (abi3.abi3t).
        is_its_own = interpreter.free_threaded == (tag.abi == "abi3t")
        is_cpython = interpreter.implementation is Implementation.CPYTHON
        return is_cpython and is_its_own and _not_newer(tag.interpreter, "cp", interpreter)
    return tag.abi == "none" and _not_newer(tag.interpreter, "py", interpreter)


def _not_newer(python_tag: str, prefix: str, interpreter: Interpreter) -> bool:
    digits = python_tag.removeprefix(prefix)
    if not python_tag.startswith(prefix) or not re.fullmatch("[0-9]{1,9}", digits):
        return False
    return int(digits[0]) == interpreter.major and int(digits[1:] or 0) <= interpreter.minor


def _platform_fits(platform_tag: str, target: Target) -> bool:
    if target.family in (Family.MANYLINUX, Family.MUSLLINUX):
        prefixes = (target.family.value, "linux") if target.family is Family.MANYLINUX else (target.family.value,)
        return platform_tag.startswith(prefixes) and platform_tag.endswith(f"_{target.architecture.value}")
    if target.family is Family.WIN:
        return platform_tag == str(target)
    if target.family is Family.PYODIDE:
        # Each Pyodide release line, and so each Python, has its own platform.
        return False
    return platform_tag.startswith(target.family.value) and platform_tag.endswith(target.architecture.value)


# The source of a project's versions.

_NAME = re.compile(r"\s*([A-Za-z0-9._-]+)")

VERSION_TOOLS = frozenset(
    "flit-scm hatch-vcs pbr poetry-dynamic-versioning setuptools-git-versioning setuptools-scm uv-dynamic-versioning "
    "vcs-versioning versioneer versioningit".split()
)
"""Build requirements that derive a project's version from git tags."""


class VersionSource(Enum):
    """Whether the version is written in a file or derived from the commit.

    With `COMMIT_LOCAL`, versions between tags have a local part (`+...`), which indexes reject.
    """

    FILES = "files"
    COMMIT = "commit"
    COMMIT_LOCAL = "commit with a local part"


def required_names(requires: Iterable[str]) -> Iterator[str]:
    """The normalized names of requirements (PEP 508)."""
    for text in requires:
        name = _NAME.match(text)
        if name:
            yield canonicalize_name(name[1])


# Distributions: the files of a release.

SDIST_ENDING = ".tar.gz"
WHEEL_ENDING = ".whl"
ATTESTATION_ENDING = ".publish.attestation"
PROVENANCE_ENDING = ".slsa.attestation"


class DistributionKind(Enum):
    """The kind of a distribution; the value is the `filetype` in the upload protocol."""

    WHEEL = "bdist_wheel"
    SDIST = "sdist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A wheel or an sdist, with its size in bytes and its SHA-256.

    `project` is the normalized name (PEP 503). `wheel` is the parsed wheel name, and None for an sdist.
    """

    filename: str
    kind: DistributionKind
    project: str
    version: Version
    size: int
    sha256: str
    wheel: WheelName | None = None

    @classmethod
    def parse(cls, filename: str, *, size: int, sha256: str) -> Distribution:
        """Parse a file name (binary distribution format; PEP 625); ValueError if it is not a distribution."""
        if filename.endswith(WHEEL_ENDING):
            wheel = WheelName.parse(filename)
            return cls(
                filename=filename,
                kind=DistributionKind.WHEEL,
                project=canonicalize_name(wheel.project),
                version=wheel.version,
                size=size,
                sha256=sha256,
                wheel=wheel,
            )
        if not filename.endswith(SDIST_ENDING):
            raise ValueError(f"{filename} is neither a wheel (.whl) nor an sdist (.tar.gz)")
        try:
            project, version = parse_sdist_filename(filename)
        except InvalidSdistFilename as error:
            raise ValueError(str(error)) from error
        return cls(
            filename=filename,
            kind=DistributionKind.SDIST,
            project=project,
            version=version,
            size=size,
            sha256=sha256,
        )


def is_distribution_name(filename: str) -> bool:
    """Whether a file name has the extension of a wheel or an sdist."""
    return filename.endswith((WHEEL_ENDING, SDIST_ENDING))


def upload_order(distributions: tuple[Distribution, ...]) -> tuple[Distribution, ...]:
    """Sort wheels by name, then sdists, so that the wheels are available before the sdist."""
    return tuple(sorted(distributions, key=lambda one: (one.kind is DistributionKind.SDIST, one.filename)))


# Upload plans: the index, its files, and the files to upload or skip.


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageIndex:
    """A package index: its display name, upload URL, and the root of its simple API (PEP 503, 691).

    `simple` is empty if unknown; `page` is the URL of the project's web page, if there is one.
    """

    name: str
    upload: str
    simple: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """A file that an index lists; `sha256` is empty if the index does not provide it, `address` is its URL.

    `yanked` is the reason why the file was yanked (PEP 592), possibly empty, or None if it was not yanked.
    """

    filename: str
    sha256: str = ""
    address: str = ""
    yanked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files of a project on an index; if they are unknown, `unknown` says why.

    `retry_after` is the number of seconds that the index asks to wait before the next request.
    """

    files: tuple[IndexFile, ...] = ()
    unknown: str = ""
    retry_after: float = 0.0

    def file(self, filename: str) -> IndexFile | None:
        """The entry of a file; None if there is none."""
        return next((entry for entry in self.files if entry.filename == filename), None)

    def has(self, distribution: Distribution) -> bool:
        """Whether the index has this file name with the same content."""
        entry = self.file(distribution.filename)
        return entry is not None and entry.sha256 == distribution.sha256


class Decision(Enum):
    """What an upload does with a file."""

    SEND = "send"
    SKIP = "skip"
    """The index already has the same content."""
    CONFLICT = "conflict"
    """The index has different content under this name; nothing is uploaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUpload:
    """A file with a decision and its reason; `path` is its location, `attestations` are files to upload with it.

    `to_attest` means that another attestation is created before the upload.
    `since` is when an earlier run uploaded it, in seconds since 1970, if the index does not list it; otherwise 0.
    """

    distribution: Distribution
    path: str
    decision: Decision
    reason: str = ""
    attestations: tuple[str, ...] = ()
    to_attest: bool = False
    since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlan:
    """The files of a release in upload order: wheels, then the sdist."""

    index: PackageIndex
    uploads: tuple[PlannedUpload, ...]
    notes: tuple[str, ...] = ()

    def having(self, decision: Decision) -> tuple[PlannedUpload, ...]:
        """The files with this decision."""
        return tuple(upload for upload in self.uploads if upload.decision is decision)


# The events of an upload.


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadStarted:
    """The upload starts; `login` describes the credentials."""

    plan: UploadPlan
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """The upload of a file starts; `number` counts from 1."""

    number: int
    filename: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesSent:
    """The number of bytes sent of a file's request, and the total."""

    sent: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TryFailed:
    """An upload failed, and will be retried after `wait` seconds."""

    filename: str
    message: str
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinished:
    """The upload of a file finished, successfully or not."""

    result: UploadResult


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFinished:
    """The upload finished, successfully or not."""

    report: PublishReport


UploadEvent = UploadStarted | FileStarted | BytesSent | TryFailed | FileFinished | UploadFinished


# Conditions for a release.


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The gates of a release, from the options with the same names.

    `tag_format` contains `{version}`. `branches` are shell patterns; empty allows any branch.
    """

    require_tag: bool = False
    tag_format: str = "v{version}"
    branches: tuple[str, ...] = ()
    never_from_pull_request: bool = True
