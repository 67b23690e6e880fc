"""Verifying attestations without the network: signature, certificate and log, by the keys of a Sigstore instance."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cibw.errors import AttestationError
from cibw.exhaustive import assert_never
from cibw.limited import parse_json
from cibw.model.attestations import Forge, Predicate, Publisher
from cibw.model.distribution import Distribution
from cibw.publishing.attest_files import misfit, read_statement
from cibw.publishing.attest_trust import Trust, quiet, require

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from pypi_attestations import Attestation

# Fields of certificates: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
_ISSUER, _REPOSITORY, _COMMIT, _REF, _WORKFLOW = (f"1.3.6.1.4.1.57264.1.{number}" for number in (8, 12, 13, 14, 18))
_STATEMENT = "application/vnd.in-toto+json"
_ISSUERS = {Forge.GITHUB: "https://token.actions.githubusercontent.com", Forge.GITLAB: "https://gitlab.com"}
_ROOTS = {Forge.GITHUB: "https://github.com", Forge.GITLAB: "https://gitlab.com"}
_HINT = "Do not trust the file before you know why; compare it with what the project's own workflow has built."


def verify_attestation(text: bytes, distribution: Distribution, publisher: Publisher, trust: Trust) -> Predicate:
    """Verify one attestation (PEP 740) of a distribution; gives what it says. AttestationError where it does not hold.

    It holds where the publisher's workflow has signed, for this name and these bytes, and the log has it.
    """
    require()
    try:
        predicate = read_statement(text).predicate
    except ValueError as error:
        raise _wrong(distribution, str(error)) from error
    fault = misfit(text, distribution, predicate)
    if fault:
        raise _wrong(distribution, fault)
    with quiet():
        _verify_signature(text, distribution, publisher, trust)
    return predicate


def verify_provenance(
    text: bytes, distribution: Distribution, publisher: Publisher, trust: Trust
) -> tuple[Predicate, ...]:
    """Verify all that an index has of a file's provenance (PEP 740); gives what its attestations say.

    AttestationError where there are none, or one of them does not hold for the publisher.
    """
    attestations = _attestations(text, distribution)
    if not attestations:
        raise _wrong(distribution, "the index has none")
    return tuple(verify_attestation(one, distribution, publisher, trust) for one in attestations)


def _attestations(text: bytes, distribution: Distribution) -> tuple[bytes, ...]:
    try:
        provenance: object = parse_json(text)
    except ValueError as error:
        raise _wrong(distribution, "the provenance of the index is no JSON") from error
    bundles = provenance.get("attestation_bundles") if isinstance(provenance, dict) else None
    if not isinstance(bundles, list):
        raise _wrong(distribution, "the provenance of the index has no attestations in it")
    found = (bundle.get("attestations") if isinstance(bundle, dict) else None for bundle in bundles)
    return tuple(json.dumps(one).encode() for some in found if isinstance(some, list) for one in some)


def _verify_signature(text: bytes, distribution: Distribution, publisher: Publisher, trust: Trust) -> None:
    from pypi_attestations import Attestation
    from pypi_attestations import AttestationError as LibraryError
    from sigstore.errors import Error
    from sigstore.verify import Verifier

    try:
        attestation = Attestation.model_validate_json(text)
        policy = _Workflow(publisher=publisher, attestation=attestation)
        verifier = Verifier(trusted_root=trust.roots())
        kind, signed = verifier.verify_dsse(attestation.to_bundle(), policy)
    except (Error, LibraryError, ValueError) as error:
        words = " ".join(str(error).split())
        raise _wrong(distribution, f"it does not hold for {publisher}: {words}") from error
    if kind != _STATEMENT or signed != attestation.envelope.statement:
        raise _wrong(distribution, f"what is signed is no statement, but {kind}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Workflow:
    """The certificate must name the workflow; the commit or ref beside its name is the certificate's own.

    Satisfies VerificationPolicy of sigstore, which asks it once the certificate is known to be genuine.
    """

    publisher: Publisher
    attestation: Attestation

    def verify(self, cert: Certificate) -> None:
        """VerificationError of sigstore where the certificate is for another workflow."""
        from cryptography.hazmat.primitives.serialization import Encoding
        from sigstore.errors import VerificationError

        claims, forge, workflow = self.attestation.certificate_claims, self.publisher.forge, _address(self.publisher)
        wanted = [f"{workflow}@{claims[name]}" for name in (_COMMIT, _REF) if claims.get(name)]
        is_ours = claims.get(_ISSUER) == _ISSUERS[forge] and claims.get(_REPOSITORY) == _root(self.publisher)
        signer = claims.get(_WORKFLOW, "somebody")
        is_same = cert.public_bytes(Encoding.DER) == self.attestation.verification_material.certificate
        if not (is_same and is_ours and signer in wanted):
            raise VerificationError(f"{signer} has signed it")


def _root(publisher: Publisher) -> str:
    return f"{_ROOTS[publisher.forge]}/{publisher.repository}"


def _address(publisher: Publisher) -> str:
    root = _root(publisher)
    match publisher.forge:
        case Forge.GITHUB:
            return f"{root}/.github/workflows/{publisher.workflow}"
        case Forge.GITLAB:
            return f"{root}//{publisher.workflow}"
        case _:
            assert_never(publisher.forge)


def _wrong(distribution: Distribution, reason: str) -> AttestationError:
    return AttestationError(f"The attestation of {distribution.filename} is wrong: {reason}.", hint=_HINT)
