"""What to do with each file of a release, given what the index has; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cibw.errors import ReleaseFaultError
from cibw.model.distribution import Distribution, upload_order
from cibw.model.published import PublishReport, UploadStatus
from cibw.model.release import Decision, Listing, PackageIndex, PlannedUpload, UploadPlan
from cibw.publishing.distributions import FoundFile

LAG = 3600.0
"""Seconds for which an index that says to have a file, and does not list it yet, is taken to have what was sent."""
UNNAMED = "unknown"
"""The project that setuptools builds where nothing names one, mostly in version 0.0.0."""
NAME_IT = (
    "Set `name` and `version` in [project] of pyproject.toml, and require a setuptools that reads them there "
    '(`requires = ["setuptools>=61"]` in [build-system]); then build again.'
)
_DIGITS = 12
_YANKED = "it was yanked there"
_FAMOUS_NOTE = (
    "The index takes new files of a release for 14 days after its first one; then only a new version can be completed."
)

Memory = Mapping[tuple[str, str], float]
"""Names and SHA-256 of files that the index took a short while ago, and when, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The files of one version of one project."""

    project: str
    version: str
    files: tuple[FoundFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an index before an upload; `skip_existing` takes a file of the same name for the same file."""

    listing: Listing
    memory: Memory = field(default_factory=dict)
    skip_existing: bool = False


def release_of(files: tuple[FoundFile, ...]) -> Release:
    """The files as a release; ReleaseFaultError where there are none, or they belong to several."""
    unnamed = [file.distribution.filename for file in files if file.distribution.project == UNNAMED]
    if unnamed:
        raise ReleaseFaultError(
            f"{', '.join(unnamed)}: the build backend did not find the name of the project. Nothing was sent.",
            hint=NAME_IT,
        )
    names = sorted({f"{file.distribution.project} {file.distribution.version}" for file in files})
    if not names:
        raise ReleaseFaultError(
            "There is no wheel and no sdist to publish.", hint="`cibw` builds wheels, `cibw sdist` the sdist."
        )
    if len(names) > 1:
        raise ReleaseFaultError(
            f"The files belong to several releases: {', '.join(names)}. Nothing was sent.",
            hint="Remove those of the other releases, or name the files of one.",
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
    """What an earlier run has sent to the same index a short while ago; the index alone says whether it is there."""
    if report is None or report.index != index.upload:
        return {}
    return {
        (result.filename, result.sha256): result.since
        for result in report.uploads
        if result.status is UploadStatus.UPLOADED and now - result.since < LAG
    }


def plan_upload(release: Release, index: PackageIndex, known: Known) -> UploadPlan:
    """Identical bytes are skipped, other bytes under the same name are a conflict, the rest is sent."""
    return UploadPlan(
        index=index,
        uploads=tuple(_planned(file, known) for file in release.files),
        notes=tuple(_notes(release, index, known.listing)),
    )


def check_conflicts(plan: UploadPlan) -> None:
    """ReleaseFaultError where the index has other bytes under some name; it tells all of them."""
    conflicts = plan.having(Decision.CONFLICT)
    if not conflicts:
        return
    listed = "\n".join(f"{upload.distribution.filename}: {upload.reason}" for upload in conflicts)
    can_be_same = any("--skip-existing" in upload.reason for upload in conflicts)
    raise ReleaseFaultError(
        f"{plan.index.name} has other files under the same names, so nothing was sent:\n{listed}",
        hint="Say --skip-existing where they are the same."
        if can_be_same
        else "Publish the very files that were sent before, or raise the version and build again.",
    )


def skipped_text(plan: UploadPlan, release: Release) -> str:
    """Why nothing is sent of a version that the index has with other files, where --skip-released asks for that."""
    return (
        f"Nothing was sent: {plan.index.name} has other files of {release.project} {release.version} already "
        "(--skip-released). Raise the version to send these."
    )


def _planned(file: FoundFile, known: Known) -> PlannedUpload:
    one = file.distribution
    decision, reason = _decide(one, known)
    return PlannedUpload(
        distribution=one,
        path=str(file.path),
        decision=decision,
        reason=reason,
        since=0.0 if known.listing.file(one.filename) else known.memory.get((one.filename, one.sha256), 0.0),
    )


def _decide(distribution: Distribution, known: Known) -> tuple[Decision, str]:
    entry = known.listing.file(distribution.filename)
    if entry is None:
        was_sent = not known.listing.unknown and (distribution.filename, distribution.sha256) in known.memory
        return Decision.SEND, "an earlier run sent it, but the index does not list it" if was_sent else ""
    if entry.sha256 == distribution.sha256:
        return Decision.SKIP, "the index has it" if entry.yanked is None else f"the index has it, but {_YANKED}"
    if entry.sha256:
        there, here = entry.sha256[:_DIGITS], distribution.sha256[:_DIGITS]
        return Decision.CONFLICT, f"its SHA-256 is {there}... there, and {here}... here"
    if known.skip_existing:
        return Decision.SKIP, "the index has a file of this name; whether it is the same can't be told"
    return Decision.CONFLICT, "whether it is the same can't be told; --skip-existing takes it for that"


def _notes(release: Release, index: PackageIndex, listing: Listing) -> list[str]:
    notes = []
    if listing.unknown:
        notes.append(f"What the index has can't be told beforehand, so its answers decide: {listing.unknown}.")
    ours = {file.distribution.filename for file in release.files}
    has_others = any(_is_of_release(entry.filename, release) and entry.filename not in ours for entry in listing.files)
    begun = has_others or any(listing.file(name) for name in ours)
    complete = all(listing.file(name) for name in ours)
    if index.page and not complete:
        notes.append(f"This release has begun already. {_FAMOUS_NOTE}" if begun else _FAMOUS_NOTE)
    return notes


def _is_of_release(filename: str, release: Release) -> bool:
    try:
        found = Distribution.parse(filename, size=0, sha256="")
    except ValueError:
        return False
    return found.project == release.project and str(found.version) == release.version
