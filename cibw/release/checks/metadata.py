"""Rules about metadata and the README."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from email.message import EmailMessage

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from cibw.model.manifest import Severity
from cibw.release.checks.contents import DistributionContents, PackageMetadata
from cibw.release.checks.rules import CheckedRelease, Fault, Judge, Rule, each_file

# Validate email addresses and URLs with the rules of the public index.
#
# The standard library is not used, because its results differ between patch releases of Python.

_ASIDE = re.compile(r'"(?:[^"\\]|\\.)*"(?!@)|\([^()]*\)')
"""Quoted names and comments."""
_NAMED = re.compile(r"[^<>@]*<([^<>]*)>?\s*")
_WORD = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_](?:[^\W_]|-)*(?<!-)"
_MAIL = re.compile(rf"{_WORD}(?:\.{_WORD})*@((?:{_LABEL}\.)+{_LABEL})")
_LONGEST_LABEL, _LONGEST_ADDRESS = 63, 254
_NO_DOMAINS = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""Reserved top-level domains."""
_PAGE = re.compile(r"https?:(//[^/?#]*)?[^\[\]#]*(#.*)?", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r":(\d+)$")


def is_page(text: str) -> bool:
    """Whether a text is an http or https URL without brackets in its path."""
    found = _PAGE.fullmatch(text)
    port = _PORT.search(found[1] or "") if found else None
    return found is not None and (port is None or (len(port[1]) < 6 and int(port[1]) < 1 << 16))


def mail_addresses(text: str) -> tuple[str, ...]:
    """The addresses in a field such as `Author-email`, without names and comments.

    Ambiguous parts are skipped, because the index accepts them.
    """
    parts = re.split("[,;]", _ASIDE.sub(" ", text))
    return tuple(address for part in parts if (address := _address(part.strip())))


def _address(text: str) -> str:
    named = _NAMED.fullmatch(text)
    if named:
        address = named[1].strip()
        return "" if ":" in address else address
    is_odd = re.search(r"[<\[\]]", text) or text.count("@") > 1 or ("@" in text and re.search(r"[\s:]", text))
    return "" if is_odd else text


def is_mail(text: str) -> bool:
    """Whether a text is a valid email address in a domain that is not reserved."""
    found = _MAIL.fullmatch(text)
    if found is None or len(text) > _LONGEST_ADDRESS:
        return False
    labels = found[1].lower().split(".")
    return labels[-1][-1].isalpha() and labels[-1] not in _NO_DOMAINS and max(map(len, labels)) <= _LONGEST_LABEL


# Rules about METADATA and PKG-INFO.

_SUMMARY_LENGTH = 512
_LABEL_LENGTH = 32
_METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
_OF_PROJECTS = ("requires_dist", "provides_dist", "obsoletes_dist")
_FIX_OF_PAGES = "Correct [project.urls] in pyproject.toml: a URL begins with https://."
_PRIVATE = "Private ::"
_SKIPPED = Fault(
    message="Classifiers were not checked.",
    fix="Run `pip install 'cibw[publish]'` to install the list of classifiers.",
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
        yield Fault(message=f"The file name does not match the project in its metadata: {name}.", fix="Rebuild it.")
    if version and _version(version) != distribution.version:
        yield Fault(message=f"The file name does not match the version in its metadata: {version}.", fix="Rebuild it.")


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
                message=f"{version} is a local version. Indexes do not accept versions with a +.",
                fix="Release a tagged commit from a clean working tree. For test releases from git, set "
                'local_scheme = "no-local-version" in [tool.setuptools_scm].',
                files=files,
                # Between tags, versions from git have a local part; at the next tag they will not.
                severity=Severity.WARNING if release.wanted.is_between else None,
            )


def _summary(metadata: PackageMetadata) -> Iterator[Fault]:
    length = len(metadata.one("summary"))
    if length > _SUMMARY_LENGTH:
        yield Fault(
            message=f"The summary has {length} characters; the maximum is {_SUMMARY_LENGTH}.",
            fix="Shorten description in [project]; long text belongs in the README.",
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
            fix = (
                f"Did you mean {near[0]!r}?"
                if near
                else "Remove it, or choose one from the index's list of classifiers."
            )
            yield Fault(message=f"Unknown classifier {classifier!r}.", fix=fix)


def _deprecated_classifiers(release: CheckedRelease) -> Iterator[Fault]:
    deprecated = release.knowledge.deprecated

    def judge(metadata: PackageMetadata) -> Iterator[Fault]:
        for classifier in metadata.all("classifiers"):
            if classifier in deprecated:
                instead = " or ".join(map(repr, deprecated[classifier]))
                fix = f"Use {instead} instead." if instead else "Remove it."
                yield Fault(message=f"The classifier {classifier!r} is deprecated and no longer accepted.", fix=fix)

    yield from _of_metadata(judge)(release)


def _private(metadata: PackageMetadata) -> Iterator[Fault]:
    for classifier in metadata.all("classifiers"):
        if classifier.startswith(_PRIVATE):
            yield Fault(
                message=f"{classifier!r} forbids uploads to public indexes.",
                fix="Remove the classifier to publish the project, or publish to a private index with "
                'check-ignore = ["private-classifier"].',
            )


def _direct(metadata: PackageMetadata) -> Iterator[Fault]:
    for field in _OF_PROJECTS:
        for text in metadata.all(field):
            requirement = _requirement(text)
            if requirement and requirement.url:
                what = "requirement" if field == "requires_dist" else _shown(field)
                yield Fault(
                    message=f"The {what} {requirement.name} is a direct URL: {requirement.url}",
                    fix="Require a released version, or move it to a dependency group, which is not published.",
                )


def _unread_projects(metadata: PackageMetadata) -> Iterator[Fault]:
    # The library only parses Requires-Dist.
    for field in _OF_PROJECTS[1:]:
        for text in metadata.all(field):
            if _requirement(text) is None:
                yield Fault(
                    message=f"{_shown(field)}: {text!r} is not a requirement.",
                    fix="Correct it, or remove it: installers ignore this field.",
                )


def _requirement(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError):
        return None


def _version_of_metadata(metadata: PackageMetadata) -> Iterator[Fault]:
    version = metadata.one("metadata_version")
    if version not in _METADATA_VERSIONS and not any(field == "metadata-version" for field, _ in metadata.faults):
        yield Fault(
            message=f"The metadata has version {version}. The index accepts versions up to {_METADATA_VERSIONS[-1]}.",
            fix="Build with a release of the build backend that writes an older metadata version.",
        )


def _pages(metadata: PackageMetadata) -> Iterator[Fault]:
    for field in ("home_page", "download_url"):
        text = metadata.one(field)
        if text and not is_page(text):
            yield Fault(message=f"{_shown(field)}: {text!r} is not a valid URL.", fix=_FIX_OF_PAGES)


def _project_urls(metadata: PackageMetadata) -> Iterator[Fault]:
    fix = "Correct [project.urls] in pyproject.toml."
    for text in metadata.all("project_urls"):
        label, _, address = text.partition(", ")
        if not label.strip():
            yield Fault(message=f"The URL {address} has no label.", fix=fix)
        elif len(label) > _LABEL_LENGTH:
            yield Fault(message=f"The URL label {label!r} has more than {_LABEL_LENGTH} characters.", fix=fix)
        if not is_page(address):
            yield Fault(message=f"{address!r}, labelled {label!r}, is not a valid URL.", fix=_FIX_OF_PAGES)


def _mail(metadata: PackageMetadata) -> Iterator[Fault]:
    for field, table in (("author_email", "authors"), ("maintainer_email", "maintainers")):
        addresses = mail_addresses(metadata.one(field))
        for address in addresses:
            if not is_mail(address):
                yield Fault(
                    message=f"{address!r} is not an email address.",
                    fix=f"Correct {table} in [project].",
                    # The index only validates single addresses.
                    severity=None if len(addresses) == 1 else Severity.WARNING,
                )


def _shown(field: str) -> str:
    return "-".join(word.capitalize() for word in field.split("_"))


def _license_twice(metadata: PackageMetadata) -> Iterator[Fault]:
    if metadata.one("license") and metadata.one("license_expression"):
        yield Fault(
            message="The metadata has both License and License-Expression; the index accepts only one of them.",
            fix='Set only license = "..." with an SPDX expression in [project].',
        )


METADATA_RULES = (
    Rule(
        name="invalid-metadata",
        finds="a field violates the core metadata specification, or belongs to another metadata version",
        judge=_of_metadata(_invalid),
    ),
    Rule(
        name="metadata-name",
        finds="the name or version in the metadata differs from the file name",
        judge=each_file(_named_alike),
    ),
    Rule(name="local-version", of_index=True, finds="the version has a `+`", judge=_local),
    Rule(name="summary", of_index=True, finds="the summary has more than 512 characters", judge=_of_metadata(_summary)),
    Rule(name="unknown-classifier", of_index=True, finds="a classifier does not exist", judge=_unknown_classifiers),
    Rule(
        name="deprecated-classifier",
        of_index=True,
        finds="a classifier is deprecated",
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
        finds="a requirement is a direct URL, not a released version",
        judge=_of_metadata(_direct),
    ),
    Rule(
        name="other-projects",
        of_index=True,
        finds="Provides-Dist or Obsoletes-Dist is not a requirement",
        judge=_of_metadata(_unread_projects),
    ),
    Rule(
        name="metadata-version",
        of_index=True,
        finds="the index does not support the metadata version yet",
        judge=_of_metadata(_version_of_metadata),
    ),
    Rule(
        name="page-address",
        of_index=True,
        finds="Home-page or Download-URL is not a valid URL",
        judge=_of_metadata(_pages),
    ),
    Rule(
        name="project-url",
        of_index=True,
        finds="a project URL has no label, a label of more than 32 characters, or is not a valid URL",
        judge=_of_metadata(_project_urls),
    ),
    Rule(
        name="mail-address",
        of_index=True,
        finds="the email address of an author or maintainer is invalid; a warning if it is one of several",
        judge=_of_metadata(_mail),
    ),
    Rule(
        name="license-twice",
        of_index=True,
        finds="the metadata has both License and License-Expression",
        judge=_of_metadata(_license_twice),
    ),
)


# Rules about the README, which is the description of the metadata.

_RST = "text/x-rst"
_LONGEST_README = 500_000
_INDENT = " " * 8


def _renders(release: CheckedRelease) -> Iterator[Fault]:
    texts: dict[str, list[str]] = {}
    for one in release.readable:
        text = _description(one)
        if len(text) > _LONGEST_README:
            yield Fault(
                message=f"The README has more than {_LONGEST_README} characters and was not rendered.",
                files=(one.filename,),
                severity=Severity.SKIPPED,
            )
        elif text and _kind(one) == _RST:
            texts.setdefault(text, []).append(one.filename)
    render = release.knowledge.render
    if texts and render is None:
        yield Fault(
            message="The README was not rendered.",
            fix="Run `pip install 'cibw[publish]'` to install the reStructuredText renderer.",
            severity=Severity.SKIPPED,
        )
    for text, files in texts.items() if render else ():
        problem = render(text) if render else ""
        if problem and _is_indented(text):
            yield Fault(
                message=f"The README is indented in the metadata and cannot be rendered: {problem}",
                fix="Build with a current release of the build backend, which writes it after the fields.",
                files=tuple(files),
            )
        elif problem:
            yield Fault(
                message=f"The README cannot be rendered as reStructuredText: {problem}",
                fix='Correct it. For a Markdown README, set readme = "README.md", or its content-type.',
                files=tuple(files),
            )


def _missing(contents: DistributionContents) -> Iterator[Fault]:
    if contents.metadata is None:
        return
    if not _description(contents):
        yield Fault(message="There is no README.", fix='Set readme = "README.md" in [project].')
    elif not contents.metadata.one("description_content_type"):
        yield Fault(
            message="The README has no content type, so it is treated as reStructuredText.",
            fix='Set readme = "README.md" in [project], or its content-type.',
        )


def _description(contents: DistributionContents) -> str:
    text = contents.metadata.one("description") if contents.metadata else ""
    return text.strip()


def _is_indented(text: str) -> bool:
    """Whether a README was a header of the metadata, which indents all lines after the first."""
    lines = [line for line in text.splitlines()[1:] if line.strip()]
    return bool(lines) and all(line.startswith(_INDENT) for line in lines)


def _kind(contents: DistributionContents) -> str:
    text = contents.metadata.one("description_content_type") if contents.metadata else ""
    message = EmailMessage()
    try:
        message["content-type"] = text or _RST
        return message.get_content_type().lower()
    except (ValueError, IndexError):
        # The rule about metadata reports this; the index treats it as plain text.
        return "text/plain"


README_RULES = (
    Rule(
        name="readme",
        of_index=True,
        finds="a reStructuredText README cannot be rendered (Markdown always can)",
        judge=_renders,
    ),
    Rule(
        name="no-readme",
        finds="there is no README, or it has no content type",
        judge=each_file(_missing),
        severity=Severity.WARNING,
    ),
)
