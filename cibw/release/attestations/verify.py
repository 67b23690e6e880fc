"""Verifies attestations, and fetches them from an index."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from cibw.errors import AttestationError, assert_never
from cibw.model.http import Forge, Predicate, Publisher, Request
from cibw.model.release import Distribution, PackageIndex
from cibw.release.attestations.attest import misfit, read_statement
from cibw.release.attestations.sigstore import SigstoreInstance, quiet, require
from cibw.release.index import Lookup
from cibw.untrusted.limits import parse_json

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from pypi_attestations import Attestation


# Fetch the provenance of a file (PEP 740) from an index.

_SIMPLE: Mapping[str, str] = {"accept": "application/vnd.pypi.simple.v1+json", "cache-control": "max-age=0"}
_PROVENANCE: Mapping[str, str] = {"accept": "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"}


def fetch_provenance(lookup: Lookup, index: PackageIndex, distribution: Distribution) -> bytes | None:
    """The provenance of a file; None if the index has none, UploadError if it does not respond.

    Its URL comes from the page of the simple API, or else is that of the integrity API.
    """
    page = lookup.ask(Request(address=f"{index.simple}{distribution.project}/", headers=_SIMPLE, stay=True))
    named = _named(page.body, distribution.filename) if page.status == 200 else ""
    address = urljoin(f"{index.simple}{distribution.project}/", named) if named else _usual(index, distribution)
    response = lookup.ask(Request(address=address, headers=_PROVENANCE, stay=not named), index.simple)
    return response.body if response.status == 200 else None


def _usual(index: PackageIndex, distribution: Distribution) -> str:
    parts = urlsplit(index.simple)
    path = f"integrity/{distribution.project}/{distribution.version}/{distribution.filename}/provenance"
    return f"{parts.scheme}://{parts.netloc}/{path}"


def _named(page: bytes, filename: str) -> str:
    try:
        data: object = parse_json(page)
    except ValueError:
        return ""
    files = data.get("files") if isinstance(data, dict) else None
    for file in files if isinstance(files, list) else ():
        if isinstance(file, dict) and file.get("filename") == filename:
            provenance = file.get("provenance")
            return provenance if isinstance(provenance, str) else ""
    return ""


# Verify attestations offline: signature, certificate and log, with the keys of a Sigstore instance.

# Fields of certificates: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
_ISSUER, _REPOSITORY, _COMMIT, _REF, _WORKFLOW = (f"1.3.6.1.4.1.57264.1.{number}" for number in (8, 12, 13, 14, 18))
_STATEMENT = "application/vnd.in-toto+json"
_ISSUERS = {Forge.GITHUB: "https://token.actions.githubusercontent.com", Forge.GITLAB: "https://gitlab.com"}
_ROOTS = {Forge.GITHUB: "https://github.com", Forge.GITLAB: "https://gitlab.com"}
_HINT = "Do not trust the file until you know the reason. Compare it with the file that the project's workflow built."


def verify_attestation(
    text: bytes, distribution: Distribution, publisher: Publisher, trust: SigstoreInstance
) -> Predicate:
    """Verify one attestation (PEP 740) of a distribution and return its predicate; AttestationError if it is invalid.

    It is valid if the publisher's workflow signed this file name and hash, and the log has an entry of it.
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
    text: bytes, distribution: Distribution, publisher: Publisher, trust: SigstoreInstance
) -> tuple[Predicate, ...]:
    """Verify the provenance (PEP 740) of a file and return the predicates of its attestations.

    AttestationError if there are none, or one of them is not valid for the publisher.
    """
    attestations = _attestations(text, distribution)
    if not attestations:
        raise _wrong(distribution, "the index has none")
    return tuple(verify_attestation(one, distribution, publisher, trust) for one in attestations)


def _attestations(text: bytes, distribution: Distribution) -> tuple[bytes, ...]:
    try:
        provenance: object = parse_json(text)
    except ValueError as error:
        raise _wrong(distribution, "the provenance of the index is not JSON") from error
    bundles = provenance.get("attestation_bundles") if isinstance(provenance, dict) else None
    if not isinstance(bundles, list):
        raise _wrong(distribution, "the provenance of the index has no attestations")
    found = (bundle.get("attestations") if isinstance(bundle, dict) else None for bundle in bundles)
    return tuple(json.dumps(one).encode() for some in found if isinstance(some, list) for one in some)


def _verify_signature(text: bytes, distribution: Distribution, publisher: Publisher, trust: SigstoreInstance) -> None:
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
        raise _wrong(distribution, f"verification for {publisher} failed: {words}") from error
    if kind != _STATEMENT or signed != attestation.envelope.statement:
        raise _wrong(distribution, f"the signed content is not a statement, but {kind}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Workflow:
    """The certificate must name the workflow; the commit or ref after its name comes from the certificate.

    Satisfies VerificationPolicy of sigstore, which is called after the certificate was verified.
    """

    publisher: Publisher
    attestation: Attestation

    def verify(self, cert: Certificate) -> None:
        """VerificationError of sigstore if the certificate is for another workflow."""
        from cryptography.hazmat.primitives.serialization import Encoding
        from sigstore.errors import VerificationError

        claims, forge, workflow = self.attestation.certificate_claims, self.publisher.forge, _address(self.publisher)
        wanted = [f"{workflow}@{claims[name]}" for name in (_COMMIT, _REF) if claims.get(name)]
        is_ours = claims.get(_ISSUER) == _ISSUERS[forge] and claims.get(_REPOSITORY) == _root(self.publisher)
        signer = claims.get(_WORKFLOW, "an unknown workflow")
        is_same = cert.public_bytes(Encoding.DER) == self.attestation.verification_material.certificate
        if not (is_same and is_ours and signer in wanted):
            raise VerificationError(f"it was signed by {signer}")


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
    return AttestationError(f"The attestation of {distribution.filename} is invalid: {reason}.", hint=_HINT)
