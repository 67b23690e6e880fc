"""Distributions on disk, and the plan of their upload."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cibw.errors import ConfigurationError, Mistake, ReleaseFaultError
from cibw.model.events import PublishReport, UploadStatus
from cibw.model.release import (
    Decision,
    Distribution,
    Listing,
    PackageIndex,
    PlannedUpload,
    UploadPlan,
    is_distribution_name,
    upload_order,
)

# Find and read the distributions in a directory.

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A distribution and its path."""

    distribution: Distribution
    path: Path


def read_distribution(path: Path) -> FoundFile:
    """Read one file; ValueError if it is not a regular file or does not have the name of a distribution."""
    if path.exists() and not path.is_file():
        raise ValueError(f"{path.name} is not a regular file")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    distribution = Distribution.parse(path.name, size=path.stat().st_size, sha256=digest.hexdigest())
    return FoundFile(distribution=distribution, path=path)


def distributions_in(directory: Path) -> Iterator[Path]:
    """The files directly in a directory that have the names of distributions, sorted."""
    # Names with a leading dot belong to files that are still being written.
    for path in sorted(directory.iterdir()):
        if path.is_file() and is_distribution_name(path.name) and not path.name.startswith("."):
            yield path


def read_directory(directory: Path) -> tuple[FoundFile, ...]:
    """The distributions directly in a directory, wheels first; ConfigurationError lists all invalid file names."""
    if not directory.is_dir():
        raise ConfigurationError(
            f"Directory not found: {directory}.", hint="`cibw collect` gathers the files of a release in one directory."
        )
    read = [_read_or_mistake(path) for path in distributions_in(directory)]
    mistakes = tuple(one for one in read if isinstance(one, Mistake))
    if mistakes:
        raise ConfigurationError(f"{directory} has files with invalid names.", mistakes=mistakes)
    by_name = {one.distribution.filename: one for one in read if isinstance(one, FoundFile)}
    return tuple(by_name[one.filename] for one in upload_order(tuple(one.distribution for one in by_name.values())))


def read_files(paths: tuple[Path, ...]) -> tuple[FoundFile, ...]:
    """The given distributions; ConfigurationError lists all that are missing or are not distributions."""
    read = [_read_or_mistake(path) for path in paths]
    mistakes = tuple(one for one in read if isinstance(one, Mistake))
    if mistakes:
        raise ConfigurationError("Some of the given files cannot be published.", mistakes=mistakes)
    return tuple(one for one in read if isinstance(one, FoundFile))


def _read_or_mistake(path: Path) -> FoundFile | Mistake:
    try:
        return read_distribution(path)
    except OSError as error:
        return Mistake(place=str(path), message=f"Cannot read it: {error.strerror or error}.")
    except ValueError as error:
        return Mistake(place=str(path), message=str(error), hint="remove or rename it")


# Plan what to do with each file of a release, given the files on the index; pure.

LAG = 3600.0
"""Seconds after an upload in which an index that reports a file but does not list it is assumed to have it."""
UNNAMED = "unknown"
"""The project name that setuptools uses if none is set, usually with version 0.0.0."""
NAME_IT = (
    "Set `name` and `version` in [project] of pyproject.toml, and require a setuptools that reads them there "
    '(`requires = ["setuptools>=61"]` in [build-system]); then build again.'
)
_DIGITS = 12
_YANKED = "it was yanked"
_FAMOUS_NOTE = (
    "The index accepts new files of a release for 14 days after its first file; then a new version is needed."
)

Memory = Mapping[tuple[str, str], float]
"""Names and SHA-256 of files that the index accepted recently, and the time in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The files of one version of one project."""

    project: str
    version: str
    files: tuple[FoundFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """The state of an index before an upload; `skip_existing` treats a file of the same name as the same file."""

    listing: Listing
    memory: Memory = field(default_factory=dict)
    skip_existing: bool = False


def release_of(files: tuple[FoundFile, ...]) -> Release:
    """The files as a release; ReleaseFaultError if there are none, or they belong to several releases."""
    unnamed = [file.distribution.filename for file in files if file.distribution.project == UNNAMED]
    if unnamed:
        raise ReleaseFaultError(
            f"{', '.join(unnamed)}: the build backend did not find the project's name. Nothing was uploaded.",
            hint=NAME_IT,
        )
    names = sorted({f"{file.distribution.project} {file.distribution.version}" for file in files})
    if not names:
        raise ReleaseFaultError(
            "There is no wheel or sdist to publish.", hint="`cibw` builds the wheels, `cibw sdist` builds the sdist."
        )
    if len(names) > 1:
        raise ReleaseFaultError(
            f"The files belong to several releases: {', '.join(names)}. Nothing was uploaded.",
            hint="Remove the files of the other releases, or pass the files of one release.",
        )
    first = files[0].distribution
    by_name = {file.distribution.filename: file for file in files}
    order = upload_order(tuple(file.distribution for file in files))
    return Release(
        project=first.project,
        version=str(first.version),
        files=tuple(by_name[one.filename] for one in order),
    )


def memory_of(report: PublishReport | None, index: PackageIndex, now: float) -> Memory:
    """The files that an earlier run recently uploaded to the same index; only the index's listing is authoritative."""
    if report is None or report.index != index.upload:
        return {}
    return {
        (result.filename, result.sha256): result.since
        for result in report.uploads
        if result.status is UploadStatus.UPLOADED and now - result.since < LAG
    }


def plan_upload(release: Release, index: PackageIndex, known: IndexState) -> UploadPlan:
    """Identical files are skipped, different files with the same name are a conflict, the rest is uploaded."""
    return UploadPlan(
        index=index,
        uploads=tuple(_planned(file, known) for file in release.files),
        notes=tuple(_notes(release, index, known.listing)),
    )


def check_conflicts(plan: UploadPlan) -> None:
    """ReleaseFaultError if the index has different files with the same names; it lists all of them."""
    conflicts = plan.having(Decision.CONFLICT)
    if not conflicts:
        return
    listed = "\n".join(f"{upload.distribution.filename}: {upload.reason}" for upload in conflicts)
    can_be_same = any("--skip-existing" in upload.reason for upload in conflicts)
    raise ReleaseFaultError(
        f"{plan.index.name} has different files with the same names. Nothing was uploaded:\n{listed}",
        hint="If they are the same files, pass --skip-existing."
        if can_be_same
        else "Publish the same files as before, or raise the version and build again.",
    )


def skipped_text(plan: UploadPlan, release: Release) -> str:
    """The message that nothing is uploaded, because the version exists with other files (--skip-released)."""
    return (
        f"Nothing was uploaded: {plan.index.name} already has other files of {release.project} {release.version} "
        "(--skip-released). Raise the version to upload these."
    )


def _planned(file: FoundFile, known: IndexState) -> PlannedUpload:
    one = file.distribution
    decision, reason = _decide(one, known)
    return PlannedUpload(
        distribution=one,
        path=str(file.path),
        decision=decision,
        reason=reason,
        since=0.0 if known.listing.file(one.filename) else known.memory.get((one.filename, one.sha256), 0.0),
    )


def _decide(distribution: Distribution, known: IndexState) -> tuple[Decision, str]:
    entry = known.listing.file(distribution.filename)
    if entry is None:
        was_sent = not known.listing.unknown and (distribution.filename, distribution.sha256) in known.memory
        return Decision.SEND, "an earlier run uploaded it, but the index does not list it" if was_sent else ""
    if entry.sha256 == distribution.sha256:
        return Decision.SKIP, "the index has it" if entry.yanked is None else f"the index has it, but {_YANKED}"
    if entry.sha256:
        there, here = entry.sha256[:_DIGITS], distribution.sha256[:_DIGITS]
        return Decision.CONFLICT, f"its SHA-256 is {there}... on the index and {here}... here"
    if known.skip_existing:
        return Decision.SKIP, "the index has a file with this name; it cannot be compared"
    return (
        Decision.CONFLICT,
        "it cannot be compared with the file on the index; --skip-existing assumes that they are the same",
    )


def _notes(release: Release, index: PackageIndex, listing: Listing) -> list[str]:
    notes = []
    if listing.unknown:
        notes.append(f"The files on the index are unknown before the upload: {listing.unknown}.")
    ours = {file.distribution.filename for file in release.files}
    has_others = any(_is_of_release(entry.filename, release) and entry.filename not in ours for entry in listing.files)
    begun = has_others or any(listing.file(name) for name in ours)
    complete = all(listing.file(name) for name in ours)
    if index.page and not complete:
        notes.append(f"The index already has files of this release. {_FAMOUS_NOTE}" if begun else _FAMOUS_NOTE)
    return notes


def _is_of_release(filename: str, release: Release) -> bool:
    try:
        found = Distribution.parse(filename, size=0, sha256="")
    except ValueError:
        return False
    return found.project == release.project and str(found.version) == release.version
