"""Compares the files on an index with those that were uploaded."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from packaging.version import Version

from cibw.ci import CiFacts, CiProvider
from cibw.errors import AttestationError, ConfigurationError, MissingToolError, UploadError, VerificationError
from cibw.model.http import AttestationPolicy, Forge, Publisher, Request
from cibw.model.manifest import Finding, Severity
from cibw.model.release import Distribution, DistributionKind, Listing, upload_order
from cibw.release.index import Lookup

# Compare the files on an index with the uploaded ones; pure.

_DIGITS = 12
_PREFIX = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRelease:
    """A release with its name, version and the files that the index should have, wheels first."""

    project: str
    version: Version
    files: tuple[Distribution, ...] = ()

    def having(self, kind: DistributionKind) -> tuple[Distribution, ...]:
        """The files of one kind."""
        return tuple(file for file in self.files if file.kind is kind)

    def __str__(self) -> str:
        return f"{self.project} {self.version}"


def parse_release(text: str) -> ExpectedRelease:
    """Read `NAME==VERSION`; ConfigurationError for any other text."""
    from packaging.utils import canonicalize_name

    name, _, version = text.partition("==")
    try:
        return ExpectedRelease(project=canonicalize_name(name.strip(), validate=True), version=Version(version))
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is not a release.", hint="Write it as name==1.0.") from error


def listed_names(expected: ExpectedRelease, listing: Listing) -> tuple[str, ...]:
    """The names of the files on a page that belong to a release."""
    return tuple(file.filename for file in _of_release(expected, listing))


def listed_files(expected: ExpectedRelease, listing: Listing) -> tuple[Distribution, ...]:
    """The files of a release on a page, in upload order; the page has no sizes."""
    return upload_order(tuple(_of_release(expected, listing)))


def missing_names(expected: ExpectedRelease, listing: Listing) -> tuple[str, ...]:
    """The files of a release that are missing on a page."""
    return tuple(file.filename for file in expected.files if listing.file(file.filename) is None)


def compare(expected: ExpectedRelease, listing: Listing, address: str) -> tuple[Finding, ...]:
    """The differences between the files of a release and a page at `address`."""
    if listing.unknown:
        return (Finding(rule="page", message=f"{listing.unknown}.", fix="Check --simple-url."),)
    if not expected.files:
        return (_missing((f"any file of {expected}",), address),)
    missing = missing_names(expected, listing)
    found = [_missing(missing, address)] if missing else []
    for file in expected.files:
        entry = listing.file(file.filename)
        if entry is not None and entry.sha256 != file.sha256:
            found.append(_differs(file, entry.sha256, address))
    return tuple(found)


def withdrawn(expected: ExpectedRelease, listing: Listing) -> tuple[Finding, ...]:
    """The files of a release that were yanked: the index has them, but only exact version requests get them."""
    entries = [entry for entry in listing.files if entry.yanked is not None]
    yanked = [entry for entry in entries if any(entry.filename == file.filename for file in expected.files)]
    if not yanked:
        return ()
    reasons = dict.fromkeys(entry.yanked for entry in yanked if entry.yanked)
    told = f" Reason: {'; '.join(reasons)}." if reasons else " No reason is given."
    names = tuple(entry.filename for entry in yanked)
    is_whole = len(names) == len(expected.files)
    return (
        Finding(
            rule="yanked",
            message=f"{expected} was yanked.{told}" if is_whole else f"Yanked: {', '.join(names)}.{told}",
            fix="Un-yank the release on the index if that was a mistake, or publish a new version.",
            files=names,
            severity=Severity.WARNING,
        ),
    )


def require_verified(expected: ExpectedRelease, index: str, findings: tuple[Finding, ...]) -> None:
    """Raise VerificationError with all findings that are errors, if there are any."""
    wrong = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
    if not wrong:
        return
    lines = [f"{_PREFIX}{finding.rule}: {finding.message}" for finding in wrong]
    fixes = dict.fromkeys(finding.fix for finding in wrong if finding.fix)
    raise VerificationError("\n".join((f"Verification of {expected} on {index} failed:", *lines)), hint=" ".join(fixes))


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


def _of_release(expected: ExpectedRelease, listing: Listing) -> Iterable[Distribution]:
    for entry in listing.files:
        try:
            file = Distribution.parse(entry.filename, size=0, sha256=entry.sha256)
        except ValueError:
            # An index may also list eggs and installers.
            continue
        if file.project == expected.project and file.version == expected.version:
            yield file


# Wait until an index lists a release, and download files to verify their contents.

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """The page of a project on an index; `timeout` is the maximum wait for a release in seconds.

    `waiting` is called with the missing files and the seconds until the next check.
    """

    lookup: Lookup
    simple: str
    project: str
    timeout: float
    waiting: Callable[[str, float], None]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @property
    def address(self) -> str:
        """The URL of the page."""
        return f"{self.simple}{self.project}/"

    def listing(self, expected: ExpectedRelease) -> Listing:
        """The files on the page, once it lists all files of a release or the timeout has passed."""
        names = [file.filename for file in expected.files]
        return self._until(lambda: self._look(names), lambda listing: _lack(expected, listing))

    def release(self, expected: ExpectedRelease) -> ExpectedRelease:
        """A release with its files on the page, once there are any or the timeout has passed."""
        listing = self._until(lambda: self._look([]), lambda seen: _nothing_of(expected, seen))
        names = listed_names(expected, listing)
        return replace(expected, files=listed_files(expected, self._look(names)) if names else ())

    def check_bytes(self, file: Distribution, listing: Listing) -> tuple[Finding, ...]:
        """Download a file and compare its SHA-256."""
        entry = listing.file(file.filename)
        if entry is None or not entry.address:
            return ()
        try:
            response = self.lookup.ask(Request(address=entry.address), self.simple)
        except UploadError as error:
            return (_unfetched(file, error.message),)
        if response.status != 200:
            return (_unfetched(file, f"{entry.address} responded with {response.status}"),)
        found = hashlib.sha256(response.body).hexdigest()
        if found == file.sha256:
            return ()
        message = f"{entry.address} serves a file with the SHA-256 {found} instead of {file.sha256}."
        return (Finding(rule="bytes", message=message, fix="The index is faulty: contact its operator."),)

    def _until(self, look: Callable[[], Listing], lack: Callable[[Listing], str]) -> Listing:
        end, wait, listing = self.clock() + self.timeout, _FIRST_WAIT, look()
        while (missing := lack(listing)) and (left := end - self.clock()) > 0:
            pause = min(max(wait, listing.retry_after), left)
            self.waiting(missing, pause)
            self.sleep(pause)
            wait, listing = min(2 * wait, _LONGEST_WAIT), look()
        return listing

    def _look(self, names: list[str] | tuple[str, ...]) -> Listing:
        try:
            return replace(self.lookup, attempts=1).listing(self.simple, self.project, names)
        except UploadError as error:
            return Listing(unknown=error.message.rstrip("."))


def _lack(expected: ExpectedRelease, listing: Listing) -> str:
    missing = missing_names(expected, listing)
    if listing.unknown or not missing:
        return listing.unknown
    return f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else missing[0]


def _nothing_of(expected: ExpectedRelease, listing: Listing) -> str:
    return listing.unknown or ("" if listed_names(expected, listing) else str(expected))


def _unfetched(file: Distribution, reason: str) -> Finding:
    return Finding(rule="bytes", message=f"Cannot download {file.filename}: {reason}", files=(file.filename,))


# Check that an index has attestations of the workflow that publishes a release (PEP 740).

_FORGES = {CiProvider.GITHUB: Forge.GITHUB, CiProvider.GITLAB: Forge.GITLAB}
_UNKNOWN = Finding(
    rule="attestation",
    message="Attestations were not verified, because the expected workflow is unknown.",
    fix="Run `cibw verify` in the publishing workflow.",
    severity=Severity.SKIPPED,
)


class Provenances(Protocol):
    """Fetches and verifies the provenance of files."""

    def fetch(self, distribution: Distribution, /) -> bytes | None:
        """The provenance of a file; None if there is none, UploadError if the index does not respond."""

    def verify(self, text: bytes, distribution: Distribution, publisher: Publisher, /) -> None:
        """AttestationError if it is invalid; MissingToolError if it cannot be verified here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedFiles:
    """The number of files with valid attestations of a publisher, and the findings."""

    publisher: Publisher | None = None
    files: int = 0
    findings: tuple[Finding, ...] = ()


def publisher_of(facts: CiFacts) -> Publisher | None:
    """The workflow of a run; None if indexes and signers do not support it."""
    forge = _FORGES.get(facts.provider)
    workflow = facts.workflow.partition("@")[0]
    name = workflow.rpartition("/")[2] if forge is Forge.GITHUB else workflow
    if forge is None or not facts.repository or not name:
        return None
    return Publisher(forge=forge, repository=facts.repository, workflow=name)


def check_attestations(
    expected: ExpectedRelease, policy: AttestationPolicy, publisher: Publisher | None, provenances: Provenances
) -> AttestedFiles:
    """Verify the attestations on an index against the workflow; if they are required, missing ones are findings."""
    if policy is AttestationPolicy.OFF:
        return AttestedFiles()
    if publisher is None:
        return AttestedFiles(findings=(_UNKNOWN,) if policy is AttestationPolicy.REQUIRE else ())
    looks = [_look(file, policy, publisher, provenances) for file in expected.files]
    return AttestedFiles(
        publisher=publisher,
        files=sum(look.files for look in looks),
        findings=tuple(dict.fromkeys(finding for look in looks for finding in look.findings)),
    )


def _look(
    file: Distribution, policy: AttestationPolicy, publisher: Publisher, provenances: Provenances
) -> AttestedFiles:
    is_required = policy is AttestationPolicy.REQUIRE
    try:
        text = provenances.fetch(file)
        if text is None:
            missing = Finding(
                rule="attestation", message=f"{file.filename} has no attestation.", files=(file.filename,)
            )
            return AttestedFiles(findings=(missing,) if is_required else ())
        provenances.verify(text, file, publisher)
    except AttestationError as error:
        wrong = Finding(rule="attestation", message=error.message, fix=error.hint, files=(file.filename,))
        return AttestedFiles(findings=(wrong,))
    except (MissingToolError, UploadError) as error:
        message = f"Attestations were not verified. {error.message}"
        severity = Severity.ERROR if is_required else Severity.SKIPPED
        return AttestedFiles(
            findings=(Finding(rule="attestation", message=message, fix=error.hint, severity=severity),)
        )
    return AttestedFiles(files=1)
