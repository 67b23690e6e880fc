"""Whether an index has attestations of the workflow that a release should come from (PEP 740)."""

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
    message="Attestations were not verified, as nothing here says which workflow they should be of.",
    fix="Run `cibw verify` in the workflow that publishes.",
    severity=Severity.SKIPPED,
)


class Provenances(Protocol):
    """What an index has of where files come from, and whether it holds."""

    def fetch(self, distribution: Distribution, /) -> bytes | None:
        """The provenance of a file; None where there is none, UploadError where the index does not answer."""

    def verify(self, text: bytes, distribution: Distribution, publisher: Publisher, /) -> None:
        """AttestationError where it does not hold; MissingToolError where this can't be told here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """How many files have attestations that hold for a publisher, and what is wrong."""

    publisher: Publisher | None = None
    files: int = 0
    findings: tuple[Finding, ...] = ()


def publisher_of(facts: CiFacts) -> Publisher | None:
    """The workflow that a run is of; None where that is none which index and signers know."""
    forge = _FORGES.get(facts.provider)
    workflow = facts.workflow.partition("@")[0]
    name = workflow.rpartition("/")[2] if forge is Forge.GITHUB else workflow
    if forge is None or not facts.repository or not name:
        return None
    return Publisher(forge=forge, repository=facts.repository, workflow=name)


def check_attestations(
    wanted: Wanted, policy: AttestationPolicy, publisher: Publisher | None, provenances: Provenances
) -> Attested:
    """Hold what an index has against the workflow; a file without attestations is a fault where they are required."""
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
