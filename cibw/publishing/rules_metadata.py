"""Rules about what METADATA and PKG-INFO say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import getaddresses

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from cibw.model.findings import Severity
from cibw.publishing.contents import DistributionContents, PackageMetadata
from cibw.publishing.rule_values import CheckedRelease, Fault, Judge, Rule, each_file

_SUMMARY_LENGTH = 512
_LABEL_LENGTH = 32
_LONGEST_MAIL = 10_000
_PRIVATE = "Private ::"
_SKIPPED = Fault(
    message="Classifiers were not compared with those that exist.",
    fix="pip install 'cibw[publish]' brings their list.",
    severity=Severity.SKIPPED,
)


def _of_metadata(judge: Callable[[PackageMetadata], Iterator[Fault]]) -> Judge:
    def judge_file(contents: DistributionContents) -> Iterator[Fault]:
        if contents.metadata is not None:
            yield from judge(contents.metadata)

    return each_file(judge_file)


def _invalid(metadata: PackageMetadata) -> Iterator[Fault]:
    for field, text in metadata.faults:
        yield Fault(
            message=f"{field}: {text.rstrip('.')}.",
            fix="Correct [project] in pyproject.toml, or build with a current build backend.",
        )


def _named_alike(contents: DistributionContents) -> Iterator[Fault]:
    metadata, distribution = contents.metadata, contents.distribution
    if metadata is None:
        return
    name, version = metadata.one("name"), metadata.one("version")
    if name and canonicalize_name(name) != distribution.project:
        yield Fault(message=f"The file is named for another project than its metadata: {name}.", fix="Build it anew.")
    if version and _version(version) != distribution.version:
        yield Fault(
            message=f"The file is named for another version than its metadata: {version}.", fix="Build it anew."
        )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None


def _local(release: CheckedRelease) -> Iterator[Fault]:
    for version in release.versions:
        if version.local:
            files = tuple(one.filename for one in release.contents if one.distribution.version == version)
            yield Fault(
                message=f"{version} is a local version: indexes take none that has a +.",
                fix="Release a tagged commit, from a clean tree; for test releases from git, set "
                'local_scheme = "no-local-version" in [tool.setuptools_scm].',
                files=files,
            )


def _summary(metadata: PackageMetadata) -> Iterator[Fault]:
    length = len(metadata.one("summary"))
    if length > _SUMMARY_LENGTH:
        yield Fault(
            message=f"The summary has {length} characters, and {_SUMMARY_LENGTH} is the most.",
            fix="Shorten description in [project]; the long text belongs into the README.",
        )


def _unknown_classifiers(release: CheckedRelease) -> Iterator[Fault]:
    known = release.knowledge.classifiers
    if not known:
        yield _SKIPPED
        return
    yield from _of_metadata(lambda metadata: _unknown(metadata, known.union(release.knowledge.deprecated)))(release)


def _unknown(metadata: PackageMetadata, known: frozenset[str]) -> Iterator[Fault]:
    for classifier in metadata.all("classifiers"):
        if classifier not in known and not classifier.startswith(_PRIVATE):
            near = get_close_matches(classifier, known, n=1, cutoff=0.7)
            fix = f"Did you mean {near[0]!r}?" if near else "Remove it; the index's page of classifiers has them all."
            yield Fault(message=f"There is no classifier {classifier!r}.", fix=fix)


def _deprecated_classifiers(release: CheckedRelease) -> Iterator[Fault]:
    deprecated = release.knowledge.deprecated

    def judge(metadata: PackageMetadata) -> Iterator[Fault]:
        for classifier in metadata.all("classifiers"):
            if classifier in deprecated:
                instead = " or ".join(map(repr, deprecated[classifier]))
                fix = f"Write {instead} in its place." if instead else "Remove it."
                yield Fault(message=f"The classifier {classifier!r} is no longer taken.", fix=fix)

    yield from _of_metadata(judge)(release)


def _private(metadata: PackageMetadata) -> Iterator[Fault]:
    for classifier in metadata.all("classifiers"):
        if classifier.startswith(_PRIVATE):
            yield Fault(
                message=f"{classifier!r} is there to keep the project off public indexes.",
                fix="Remove the classifier if it is to be published, or publish to an index of your own, with "
                'check-ignore = ["private-classifier"].',
            )


def _direct(metadata: PackageMetadata) -> Iterator[Fault]:
    for text in metadata.all("requires_dist"):
        try:
            requirement = Requirement(text)
        except (InvalidRequirement, RecursionError):
            continue
        if requirement.url:
            yield Fault(
                message=f"The requirement {requirement.name} is a direct address: {requirement.url}",
                fix="Require a released version, or leave it to a dependency group, which is not published.",
            )


def _project_urls(metadata: PackageMetadata) -> Iterator[Fault]:
    fix = "Correct [project.urls] in pyproject.toml."
    for text in metadata.all("project_urls"):
        label, _, address = text.partition(", ")
        if not label.strip():
            yield Fault(message=f"The address {address} has no label.", fix=fix)
        elif len(label) > _LABEL_LENGTH:
            yield Fault(message=f"The label {label!r} of an address has more than {_LABEL_LENGTH} characters.", fix=fix)
        if not address.startswith(("https://", "http://")):
            yield Fault(message=f"{address!r}, labelled {label!r}, is no address of a page.", fix=fix)


def _mail(metadata: PackageMetadata) -> Iterator[Fault]:
    for field, table in (("author_email", "authors"), ("maintainer_email", "maintainers")):
        text = metadata.one(field)
        for address in _addresses(text):
            if not _is_mail(address):
                yield Fault(message=f"{address or text!r} is no address of mail.", fix=f"Correct {table} in [project].")


def _addresses(text: str) -> Iterator[str]:
    """The addresses in a field; the whole text where it is longer than the library can be trusted with."""
    if len(text) > _LONGEST_MAIL:
        yield f"{text[:_LABEL_LENGTH]}..."
        return
    try:
        found = getaddresses([text]) if text else []
    except RecursionError:
        found = [("", "")]
    yield from (address for _, address in found)


def _is_mail(text: str) -> bool:
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError, RecursionError):
        return False
    return bool(address.username) and "." in address.domain.strip(".")


def _license_twice(metadata: PackageMetadata) -> Iterator[Fault]:
    if metadata.one("license") and metadata.one("license_expression"):
        yield Fault(
            message="There are both License and License-Expression; the index takes one of them.",
            fix='Write license = "..." with an SPDX expression, and nothing else about it, in [project].',
        )


RULES = (
    Rule(
        name="invalid-metadata",
        finds="a field breaks the specification of core metadata, or is of another version of it",
        judge=_of_metadata(_invalid),
    ),
    Rule(
        name="metadata-name",
        finds="metadata has another name or version than the file's name",
        judge=each_file(_named_alike),
    ),
    Rule(name="local-version", of_index=True, finds="the version has a `+`", judge=_local),
    Rule(name="summary", of_index=True, finds="the summary has more than 512 characters", judge=_of_metadata(_summary)),
    Rule(name="unknown-classifier", of_index=True, finds="a classifier does not exist", judge=_unknown_classifiers),
    Rule(
        name="deprecated-classifier",
        of_index=True,
        finds="a classifier is no longer taken",
        judge=_deprecated_classifiers,
    ),
    Rule(
        name="private-classifier",
        of_index=True,
        finds="a classifier such as `Private :: Do Not Upload` forbids publishing",
        judge=_of_metadata(_private),
    ),
    Rule(
        name="direct-requirement",
        of_index=True,
        finds="a requirement is an address, not a released version",
        judge=_of_metadata(_direct),
    ),
    Rule(
        name="project-url",
        of_index=True,
        finds="an address of the project has no label, one of more than 32 characters, or is none of a page",
        judge=_of_metadata(_project_urls),
    ),
    Rule(
        name="mail-address",
        of_index=True,
        finds="the address of an author or a maintainer is none of mail",
        judge=_of_metadata(_mail),
    ),
    Rule(
        name="license-twice",
        of_index=True,
        finds="both License and License-Expression are there",
        judge=_of_metadata(_license_twice),
    ),
)
