"""Rules about a release as a whole: complete, of one piece, of its tag."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from cibw.model.findings import Severity
from cibw.model.identifier import BuildIdentifier
from cibw.publishing.gates import tag_refusal
from cibw.publishing.rule_values import CheckedRelease, Fault, Rule, usual
from cibw.publishing.upload_plan import NAME_IT, UNNAMED


def _missing_wheels(release: CheckedRelease) -> Iterator[Fault]:
    wanted = release.wanted
    if not wanted.is_whole or not release.contents:
        return
    if wanted.identifiers is None:
        if any(one.distribution.wheel and one.distribution.wheel.is_pure for one in release.wheels):
            return
        yield Fault(
            message="Nobody knows which wheels the release needs.",
            fix='Set release-targets in [tool.cibw], such as ["linux:x86_64,aarch64", "macos:arm64"], '
            "or keep the dist.json that builds write beside their wheels.",
            severity=Severity.SKIPPED,
        )
        return
    missing = [str(one) for one in wanted.identifiers if not _is_served(one, release)]
    if missing:
        yield Fault(
            message=f"{len(missing)} of {len(wanted.identifiers)} wheels are missing: {', '.join(missing)}.",
            fix="Build them and gather all again by `cibw collect`; see whether the job that publishes waits for each "
            "job that builds. Where they are not meant to be there, skip them in [tool.cibw].",
        )


def _is_served(identifier: BuildIdentifier, release: CheckedRelease) -> bool:
    # A wheel of another version will have to go.
    files = {one.filename: one for one in release.wheels if one.distribution.version == _usual_version(release)}
    noted = release.manifest.files if release.manifest else ()
    if any(entry.filename in files and identifier in entry.identifiers for entry in noted):
        return True
    names = [one.distribution.wheel for one in files.values()]
    return any(name.covers(identifier) for name in names if name)


def _usual_version(release: CheckedRelease) -> Version:
    return usual([one.distribution.version for one in release.contents])


def _missing_sdist(release: CheckedRelease) -> Iterator[Fault]:
    if release.wanted.is_whole and release.wanted.sdist and release.contents and not release.sdists:
        yield Fault(
            message="There is no sdist.",
            fix="`cibw sdist` builds it. Where the project has none on purpose, set release-sdist = false.",
        )


def _several_sdists(release: CheckedRelease) -> Iterator[Fault]:
    names = tuple(one.filename for one in release.sdists)
    if len(names) > 1:
        yield Fault(message="An index takes one sdist for a version.", fix="Remove all but one.", files=names)


def _several_projects(release: CheckedRelease) -> Iterator[Fault]:
    if len(release.projects) > 1:
        yield Fault(
            message=f"The files are of {len(release.projects)} projects: {', '.join(release.projects)}.",
            fix="Publish each project from a directory of its own.",
            files=_minority(release, [one.distribution.project for one in release.contents]),
        )


def _several_versions(release: CheckedRelease) -> Iterator[Fault]:
    if len(release.versions) > 1:
        yield Fault(
            message=f"The files are of {len(release.versions)} versions: {', '.join(map(str, release.versions))}.",
            fix="Empty the directory before a release is gathered, and build all files from one commit.",
            files=_minority(release, [str(one.distribution.version) for one in release.contents]),
        )


def _minority(release: CheckedRelease, values: list[str]) -> tuple[str, ...]:
    """The files whose value is not that of most."""
    common = usual(values)
    return tuple(one.filename for one, value in zip(release.contents, values, strict=True) if value != common)


def _unnamed(release: CheckedRelease) -> Iterator[Fault]:
    names = tuple(one.filename for one in release.contents if one.distribution.project == UNNAMED)
    if names:
        yield Fault(message="The build backend did not find the name of the project.", fix=NAME_IT, files=names)


def _changed(release: CheckedRelease) -> Iterator[Fault]:
    if release.manifest is None:
        return
    for one in release.contents:
        entry, found = release.manifest.file(one.filename), one.distribution
        if entry and entry.sha256 != found.sha256:
            yield Fault(
                message=f"This is not what was built: its SHA-256 begins with {found.sha256[:12]}, and dist.json "
                f"has {entry.sha256[:12]} ({found.size} and {entry.size} bytes).",
                fix="Gather the files again from where they were built; nothing may change them after that.",
                files=(one.filename,),
            )


def _wrong_tag(release: CheckedRelease) -> Iterator[Fault]:
    wanted = release.wanted
    if not wanted.tags:
        yield Fault(
            message="The version was not compared with a tag, as there is none here.",
            fix="--tag names one; a CI that runs for a tag tells it.",
            severity=Severity.SKIPPED,
        )
    for project, version in sorted({(one.distribution.project, one.distribution.version) for one in release.contents}):
        refusal = tag_refusal(wanted.tags, wanted.tag_format, project, version) if wanted.tags else None
        if refusal:
            yield Fault(message=refusal.message, fix=refusal.hint)


RULES = (
    Rule(
        name="missing-wheel",
        finds="an identifier of `release-targets` or of dist.json has no wheel; one wheel may serve several (abi3)",
        judge=_missing_wheels,
    ),
    Rule(name="missing-sdist", finds="there is no sdist, and `release-sdist` wants one", judge=_missing_sdist),
    Rule(name="several-sdists", of_index=True, finds="there is more than one sdist", judge=_several_sdists),
    Rule(name="several-projects", finds="the files are of more than one project", judge=_several_projects),
    Rule(name="several-versions", finds="the files are of more than one version", judge=_several_versions),
    Rule(name="unnamed-project", finds="a file is of a project UNKNOWN, as nothing named it", judge=_unnamed),
    Rule(name="changed-file", finds="a file has other bytes than dist.json says", judge=_changed),
    Rule(name="wrong-tag", finds="the tag is not that of the version (`tag-format`)", judge=_wrong_tag),
)
