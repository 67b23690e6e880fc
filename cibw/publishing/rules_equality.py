"""Rules about metadata that must be the same in all files of a release."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from cibw.model.findings import Severity
from cibw.publishing.contents import PackageMetadata
from cibw.publishing.rule_values import CheckedRelease, Fault, Rule, usual

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
