"""Rules about the whole release: complete, consistent, matching its tag."""

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
            message="The list of expected wheels is unknown.",
            fix='Set release-targets in [tool.cibw], such as ["linux:x86_64,aarch64", "macos:arm64"], '
            "or keep the dist.json that builds write next to their wheels.",
            severity=Severity.SKIPPED,
        )
        return
    missing = [str(one) for one in wanted.identifiers if not _is_served(one, release)]
    if missing:
        yield Fault(
            message=f"{len(missing)} of {len(wanted.identifiers)} wheels are missing: {', '.join(missing)}.",
            fix="Build them and run `cibw collect` again. Check that the publishing job waits for all build jobs. "
            "If the wheels are not wanted, skip them in [tool.cibw].",
        )


def _is_served(identifier: BuildIdentifier, release: CheckedRelease) -> bool:
    # A wheel of another version does not belong to the release.
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
            fix="Build it with `cibw sdist`. If the project has none on purpose, set release-sdist = false.",
        )


def _several_sdists(release: CheckedRelease) -> Iterator[Fault]:
    names = tuple(one.filename for one in release.sdists)
    if len(names) > 1:
        yield Fault(message="An index accepts one sdist per version.", fix="Remove all but one.", files=names)


def _several_projects(release: CheckedRelease) -> Iterator[Fault]:
    if len(release.projects) > 1:
        yield Fault(
            message=f"The files belong to {len(release.projects)} projects: {', '.join(release.projects)}.",
            fix="Publish each project from its own directory.",
            files=_minority(release, [one.distribution.project for one in release.contents]),
        )


def _several_versions(release: CheckedRelease) -> Iterator[Fault]:
    if len(release.versions) > 1:
        yield Fault(
            message=f"The files belong to {len(release.versions)} versions: {', '.join(map(str, release.versions))}.",
            fix="Empty the directory before you gather a release, and build all files from one commit.",
            files=_minority(release, [str(one.distribution.version) for one in release.contents]),
        )


def _minority(release: CheckedRelease, values: list[str]) -> tuple[str, ...]:
    """The files whose value differs from most."""
    common = usual(values)
    return tuple(one.filename for one, value in zip(release.contents, values, strict=True) if value != common)


def _unnamed(release: CheckedRelease) -> Iterator[Fault]:
    names = tuple(one.filename for one in release.contents if one.distribution.project == UNNAMED)
    if names:
        yield Fault(message="The build backend did not find the project's name.", fix=NAME_IT, files=names)


def _changed(release: CheckedRelease) -> Iterator[Fault]:
    if release.manifest is None:
        return
    for one in release.contents:
        entry, found = release.manifest.file(one.filename), one.distribution
        if entry and entry.sha256 != found.sha256:
            yield Fault(
                message=f"The file was changed after the build: its SHA-256 begins with {found.sha256[:12]}, dist.json "
                f"has {entry.sha256[:12]} ({found.size} and {entry.size} bytes).",
                fix="Gather the files again from the jobs that built them, and do not change them afterwards.",
                files=(one.filename,),
            )


def _wrong_tag(release: CheckedRelease) -> Iterator[Fault]:
    wanted = release.wanted
    if not wanted.tags:
        yield Fault(
            message="The version was not compared with a tag, because there is none.",
            fix="Pass one with --tag. In a CI run for a tag, it is detected.",
            severity=Severity.SKIPPED,
        )
    for project, version in sorted({(one.distribution.project, one.distribution.version) for one in release.contents}):
        refusal = tag_refusal(wanted.tags, wanted.tag_format, project, version) if wanted.tags else None
        if refusal:
            yield Fault(message=refusal.message, fix=refusal.hint)


RELEASE_RULES = (
    Rule(
        name="missing-wheel",
        finds="an identifier of `release-targets` or of dist.json has no wheel; one wheel may serve several (abi3)",
        judge=_missing_wheels,
    ),
    Rule(name="missing-sdist", finds="there is no sdist, and `release-sdist` requires one", judge=_missing_sdist),
    Rule(name="several-sdists", of_index=True, finds="there is more than one sdist", judge=_several_sdists),
    Rule(name="several-projects", finds="the files belong to more than one project", judge=_several_projects),
    Rule(name="several-versions", finds="the files belong to more than one version", judge=_several_versions),
    Rule(
        name="unnamed-project",
        finds="the project of a file is UNKNOWN, because the build backend did not find its name",
        judge=_unnamed,
    ),
    Rule(name="changed-file", finds="the hash of a file differs from dist.json", judge=_changed),
    Rule(name="wrong-tag", finds="the tag does not match the version (`tag-format`)", judge=_wrong_tag),
)
