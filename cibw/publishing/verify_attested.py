"""Check that an index has attestations of the workflow that publishes a release (PEP 740)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cibw.errors import AttestationError, MissingToolError, UploadError
from cibw.model.attestations import AttestationPolicy, Forge, Publisher
from cibw.model.ci import CiFacts, CiProvider
from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, Severity
from cibw.publishing.verify_rules import Wanted

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
class Attested:
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
    wanted: Wanted, policy: AttestationPolicy, publisher: Publisher | None, provenances: Provenances
) -> Attested:
    """Verify the attestations on an index against the workflow; if they are required, missing ones are findings."""
    if policy is AttestationPolicy.OFF:
        return Attested()
    if publisher is None:
        return Attested(findings=(_UNKNOWN,) if policy is AttestationPolicy.REQUIRE else ())
    looks = [_look(file, policy, publisher, provenances) for file in wanted.files]
    return Attested(
        publisher=publisher,
        files=sum(look.files for look in looks),
        findings=tuple(dict.fromkeys(finding for look in looks for finding in look.findings)),
    )


def _look(file: Distribution, policy: AttestationPolicy, publisher: Publisher, provenances: Provenances) -> Attested:
    is_required = policy is AttestationPolicy.REQUIRE
    try:
        text = provenances.fetch(file)
        if text is None:
            missing = Finding(
                rule="attestation", message=f"{file.filename} has no attestation.", files=(file.filename,)
            )
            return Attested(findings=(missing,) if is_required else ())
        provenances.verify(text, file, publisher)
    except AttestationError as error:
        wrong = Finding(rule="attestation", message=error.message, fix=error.hint, files=(file.filename,))
        return Attested(findings=(wrong,))
    except (MissingToolError, UploadError) as error:
        message = f"Attestations were not verified. {error.message}"
        severity = Severity.ERROR if is_required else Severity.SKIPPED
        return Attested(findings=(Finding(rule="attestation", message=message, fix=error.hint, severity=severity),))
    return Attested(files=1)
