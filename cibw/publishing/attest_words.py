"""What is said where a distribution can't be attested: what is wrong, and what to change where; pure."""

from __future__ import annotations

from cibw.errors import AttestationError
from cibw.model.ci import CiFacts, CiProvider
from cibw.publishing.trusted_claims import workflow_file
from cibw.publishing.trusted_identity import NoIdentityError
from cibw.publishing.trusted_messages import clean

_POLICY = "attestations = 'off' publishes without."


def outage(name: str, reason: str, attempts: int) -> AttestationError:
    """The signers did not recover."""
    return AttestationError(
        f"{name} could not be signed in {attempts} tries: {clean(reason)}.",
        hint="Sigstore may be unavailable: check its status page and try again later. "
        "With attestations = 'auto', the release continues without attestations.",
    )


def refused(reason: str) -> AttestationError:
    """The signers want no more tries."""
    return AttestationError(
        f"Sigstore refuses to sign: {clean(reason)}.",
        hint=f"The identity of the run must be good for Sigstore; {_POLICY}",
    )


def unfit_workflow(called: str, calling: str) -> AttestationError:
    """The job stands in a reusable workflow."""
    return AttestationError(
        f"The job stands in the reusable workflow {called}, and its signature would name {calling}, which calls it: "
        "the index would refuse the attestation, and the file with it.",
        hint=f"Move the publishing job into {workflow_file(calling)}, and register that file as the trusted publisher; "
        f"or {_POLICY}",
    )


def no_identity(facts: CiFacts, error: NoIdentityError | None) -> AttestationError:
    """The run has no identity to sign with; `error` is what the attempt told."""
    told = f": {clean(error.reason)}" if error and not error.needs_permission else ""
    return AttestationError(
        f"{facts.provider.value} gives the run no identity for Sigstore{told}.",
        hint=f"{_how_to_get(facts.provider)} {_POLICY}",
    )


def _how_to_get(provider: CiProvider) -> str:
    match provider:
        case CiProvider.GITHUB:
            return "Give the job that publishes the permission `permissions: {id-token: write}`;"
        case CiProvider.GITLAB:
            return "Give the job `id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}` in the CI's configuration;"
        case _:
            return "Sign in a job of GitHub or GitLab; attestations that lie beside the files are used again, and"
