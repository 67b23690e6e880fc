"""Error messages for failed attestations; pure."""

from __future__ import annotations

from cibw.errors import AttestationError
from cibw.model.ci import CiFacts, CiProvider
from cibw.publishing.trusted_claims import workflow_file
from cibw.publishing.trusted_identity import NoIdentityError
from cibw.publishing.trusted_messages import clean

_POLICY = "attestations = 'off' publishes without them."


def outage(name: str, reason: str, attempts: int) -> AttestationError:
    """The signing service did not recover."""
    return AttestationError(
        f"{name} could not be signed in {attempts} tries: {clean(reason)}.",
        hint="Sigstore may be unavailable: check its status page and try again later. "
        "With attestations = 'auto', the release continues without attestations.",
    )


def refused(reason: str) -> AttestationError:
    """The signing service rejected the request."""
    return AttestationError(
        f"Signing with Sigstore failed: {clean(reason)}.",
        hint=f"The run's identity must be valid for Sigstore; {_POLICY}",
    )


def unfit_workflow(called: str, calling: str) -> AttestationError:
    """The job is in a reusable workflow."""
    return AttestationError(
        f"The job is in the reusable workflow {called}. Its signature would name the calling workflow, {calling}, so "
        "the index would refuse the attestation and the file.",
        hint=f"Move the publishing job into {workflow_file(calling)}, and register that file as the trusted publisher; "
        f"or {_POLICY}",
    )


def no_identity(facts: CiFacts, error: NoIdentityError | None) -> AttestationError:
    """The run has no identity to sign with; `error` is the error of the attempt."""
    told = f": {clean(error.reason)}" if error and not error.needs_permission else ""
    return AttestationError(
        f"{facts.provider.value} does not provide an identity for Sigstore{told}.",
        hint=f"{_how_to_get(facts.provider)} {_POLICY}",
    )


def _how_to_get(provider: CiProvider) -> str:
    match provider:
        case CiProvider.GITHUB:
            return "Add `permissions: {id-token: write}` to the publishing job;"
        case CiProvider.GITLAB:
            return "Add `id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}` to the job in the CI configuration;"
        case _:
            return "Sign in a job on GitHub or GitLab; existing attestations next to the files are reused, and"
