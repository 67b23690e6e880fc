"""Compare the files on an index with the uploaded ones; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.version import Version

from cibw.errors import ConfigurationError, VerificationError
from cibw.model.distribution import Distribution, DistributionKind, upload_order
from cibw.model.findings import Finding, Severity
from cibw.model.release import Listing

_DIGITS = 12
_PREFIX = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A release with its name, version and the files that the index should have, wheels first."""

    project: str
    version: Version
    files: tuple[Distribution, ...] = ()

    def having(self, kind: DistributionKind) -> tuple[Distribution, ...]:
        """The files of one kind."""
        return tuple(file for file in self.files if file.kind is kind)

    def __str__(self) -> str:
        return f"{self.project} {self.version}"


def parse_release(text: str) -> Wanted:
    """Read `NAME==VERSION`; ConfigurationError for any other text."""
    from packaging.utils import canonicalize_name

    name, _, version = text.partition("==")
    try:
        return Wanted(project=canonicalize_name(name.strip(), validate=True), version=Version(version))
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is not a release.", hint="Write it as name==1.0.") from error


def listed_names(wanted: Wanted, listing: Listing) -> tuple[str, ...]:
    """The names of the files on a page that belong to a release."""
    return tuple(file.filename for file in _of_release(wanted, listing))


def listed_files(wanted: Wanted, listing: Listing) -> tuple[Distribution, ...]:
    """The files of a release on a page, in upload order; the page has no sizes."""
    return upload_order(tuple(_of_release(wanted, listing)))


def missing_names(wanted: Wanted, listing: Listing) -> tuple[str, ...]:
    """The files of a release that are missing on a page."""
    return tuple(file.filename for file in wanted.files if listing.file(file.filename) is None)


def compare(wanted: Wanted, listing: Listing, address: str) -> tuple[Finding, ...]:
    """The differences between the files of a release and a page at `address`."""
    if listing.unknown:
        return (Finding(rule="page", message=f"{listing.unknown}.", fix="Check --simple-url."),)
    if not wanted.files:
        return (_missing((f"any file of {wanted}",), address),)
    missing = missing_names(wanted, listing)
    found = [_missing(missing, address)] if missing else []
    for file in wanted.files:
        entry = listing.file(file.filename)
        if entry is not None and entry.sha256 != file.sha256:
            found.append(_differs(file, entry.sha256, address))
    return tuple(found)


def withdrawn(wanted: Wanted, listing: Listing) -> tuple[Finding, ...]:
    """The files of a release that were yanked: the index has them, but only exact version requests get them."""
    entries = [entry for entry in listing.files if entry.yanked is not None]
    yanked = [entry for entry in entries if any(entry.filename == file.filename for file in wanted.files)]
    if not yanked:
        return ()
    reasons = dict.fromkeys(entry.yanked for entry in yanked if entry.yanked)
    told = f" Reason: {'; '.join(reasons)}." if reasons else " No reason is given."
    names = tuple(entry.filename for entry in yanked)
    is_whole = len(names) == len(wanted.files)
    return (
        Finding(
            rule="yanked",
            message=f"{wanted} was yanked.{told}" if is_whole else f"Yanked: {', '.join(names)}.{told}",
            fix="Un-yank the release on the index if that was a mistake, or publish a new version.",
            files=names,
            severity=Severity.WARNING,
        ),
    )


def require_verified(wanted: Wanted, index: str, findings: tuple[Finding, ...]) -> None:
    """Raise VerificationError with all findings that are errors, if there are any."""
    wrong = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
    if not wrong:
        return
    lines = [f"{_PREFIX}{finding.rule}: {finding.message}" for finding in wrong]
    fixes = dict.fromkeys(finding.fix for finding in wrong if finding.fix)
    raise VerificationError("\n".join((f"Verification of {wanted} on {index} failed:", *lines)), hint=" ".join(fixes))


def _missing(names: tuple[str, ...], address: str) -> Finding:
    return Finding(
        rule="missing-on-index",
        message=f"{address} does not list {', '.join(names)}.",
        fix="Upload missing files with `cibw publish`. For a slow index, raise --timeout.",
        files=names,
    )


def _differs(file: Distribution, there: str, address: str) -> Finding:
    said = f"has SHA-256 {there[:_DIGITS]}... there" if there else "has no SHA-256 there and cannot be downloaded"
    return Finding(
        rule="differs-on-index",
        message=f"{file.filename} {said}, but {file.sha256[:_DIGITS]}... here: {address}",
        fix="Someone uploaded different files with these names: raise the version, and find out who did it.",
        files=(file.filename,),
    )


def _of_release(wanted: Wanted, listing: Listing) -> Iterable[Distribution]:
    for entry in listing.files:
        try:
            file = Distribution.parse(entry.filename, size=0, sha256=entry.sha256)
        except ValueError:
            # An index may also list eggs and installers.
            continue
        if file.project == wanted.project and file.version == wanted.version:
            yield file
