"""Rules about all files of a release together."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import Severity
from cibw.release.checks.contents import PackageMetadata
from cibw.release.checks.rules import CheckedRelease, Fault, Rule, usual
from cibw.release.gates import tag_refusal
from cibw.release.upload_plan import NAME_IT, UNNAMED

# Rules about metadata that must be the same in all files of a release.

_OWN = ("metadata_version", "dynamic", "name", "version")
"""Fields about the file instead of the project, and fields that other rules compare."""
_NAMES = {"classifiers": "Classifier", "project_urls": "Project-URL", "license_files": "License-File"}
"""Fields whose names differ from those in packaging."""
_EXTRA = re.compile(r"\bextra\b")
_SHOWN = 160
Values = Mapping[Hashable, str]
"""The values of a field: comparable keys, and the text of each."""


def _unequal_dependencies(release: CheckedRelease) -> Iterator[Fault]:
    fix = (
        "Installers assume that all wheels have the same metadata: express differences with environment markers. "
        "An sdist must list in Dynamic the fields that its builds change."
    )
    for field, read in (("requires_dist", _needed), ("requires_python", _pythons)):
        yield from _unequal(release, field, read, fix)
    for field, read in (("requires_dist", _optional), ("provides_extra", _extras)):
        yield from _unequal(release, field, read, f"This only affects users of the extra. {fix}", Severity.WARNING)


def _unequal_metadata(release: CheckedRelease) -> Iterator[Fault]:
    names = {name for one in release.contents if one.metadata for name in one.metadata.fields}
    for name in sorted(names - {"requires_dist", "requires_python", "provides_extra", *_OWN}):
        fix = (
            "Build all files from one commit, with one version of the build backend. An index shows the metadata of "
            "the first file."
        )
        yield from _unequal(release, name, _texts, fix)


def _unequal(
    release: CheckedRelease,
    field: str,
    read: Callable[[tuple[str, ...]], Values],
    fix: str,
    severity: Severity | None = None,
) -> Iterator[Fault]:
    """Whether a field differs between the files that must agree on it."""
    found = [(filename, read(metadata.all(field))) for filename, metadata in _compared(release, field)]
    if len({frozenset(values) for _, values in found}) < 2:
        return
    most = usual([frozenset(values) for _, values in found])
    others = [(filename, values) for filename, values in found if frozenset(values) != most]
    usual_values = next(values for _, values in found if frozenset(values) == most)
    sdists = {one.filename for one in release.sdists}
    if len({frozenset(values) for filename, values in found if filename not in sdists}) < 2:
        # Installers that have a wheel do not read the sdist's metadata.
        severity = Severity.WARNING
    name = _NAMES.get(field) or "-".join(word.capitalize() for word in field.split("_"))
    yield Fault(
        message=f"{name} differs between the files{_shown(usual_values, others[0][1])}.",
        fix=fix,
        files=tuple(filename for filename, _ in others),
        severity=severity,
    )


def _compared(release: CheckedRelease, field: str) -> Iterator[tuple[str, PackageMetadata]]:
    """The files that must agree on a field: all wheels, and the sdist unless a build may change it there."""
    for one in release.contents:
        metadata = one.metadata
        if metadata is None or (field == "license_files" and not metadata.has_license_files):
            continue
        if one.is_wheel or not metadata.is_dynamic(field):
            yield one.filename, metadata


def _needed(texts: tuple[str, ...]) -> Values:
    return {value: text for value, text, is_optional in map(_requirement, texts) if not is_optional}


def _optional(texts: tuple[str, ...]) -> Values:
    return {value: text for value, text, is_optional in map(_requirement, texts) if is_optional}


def _requirement(text: str) -> tuple[Hashable, str, bool]:
    """A requirement as a comparable value, its text, and whether it only belongs to an extra."""
    try:
        one = Requirement(text)
        # Versions are parsed only here; their numbers may be too long.
        hash(one.specifier)
    except (ValueError, RecursionError):
        return text, text, False
    extras = frozenset(map(canonicalize_name, one.extras))
    marker = _conditions(one.marker) if one.marker else frozenset[str]()
    is_optional = any(_EXTRA.search(condition) for condition in marker)
    return (canonicalize_name(one.name), extras, one.specifier, one.url, marker), text, is_optional


def _conditions(marker: Marker) -> frozenset[str]:
    """The conditions of a marker; their order is irrelevant if all of them must be true."""
    text = str(marker)
    if " or " in text:
        return frozenset((text,))
    return frozenset(condition.strip("()") for condition in text.split(" and "))


def _pythons(texts: tuple[str, ...]) -> Values:
    return {_specifier(text): text for text in texts}


def _specifier(text: str) -> Hashable:
    try:
        value = SpecifierSet(text)
        hash(value)
    except ValueError:
        return text
    return value


def _extras(texts: tuple[str, ...]) -> Values:
    return {canonicalize_name(text): text for text in texts}


def _texts(texts: tuple[str, ...]) -> Values:
    # Build backends fold, indent and terminate texts differently, and line endings differ on Windows.
    return {" ".join(text.split()): text.strip() for text in texts}


def _shown(usual_values: Values, others: Values) -> str:
    """The difference between most files and the others, unless it is long."""
    most = [text for value, text in usual_values.items() if value not in others]
    here = [text for value, text in others.items() if value not in usual_values]
    if len("".join((*most, *here))) > _SHOWN or any("\n" in text for text in (*most, *here)):
        return ""
    return f": {_listed(most)} in most, {_listed(here)} here"


def _listed(texts: list[str]) -> str:
    return ", ".join(map(repr, sorted(texts))) or "nothing"


EQUALITY_RULES = (
    Rule(
        name="unequal-dependencies",
        finds="Requires-Dist or Requires-Python differ between the wheels; a warning for extras, and if only the "
        "sdist differs",
        judge=_unequal_dependencies,
    ),
    Rule(
        name="unequal-metadata",
        finds="another field differs between the files; Dynamic and Metadata-Version may",
        judge=_unequal_metadata,
        severity=Severity.WARNING,
    ),
)


# Rules about the whole release: complete, consistent, matching its tag.


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
