"""Attests distributions: which files need it, who signs them, and errors."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cibw.ci import CiFacts, CiProvider
from cibw.errors import AttestationError, assert_never
from cibw.model.http import AttestationPolicy, AttestationStatement, Predicate, retry, waits
from cibw.model.release import ATTESTATION_ENDING, PROVENANCE_ENDING, Decision, Distribution, PlannedUpload, UploadPlan
from cibw.release.identity import NoIdentityError, OutageError, clean, read_claims, reused_workflow, workflow_file
from cibw.release.responses import Attester
from cibw.untrusted.limits import parse_json, read_limited

# Decide whether a release is attested, and which of its files need an attestation; pure.

HINT = "pip install 'cibw[attest]'"
NOT_TRUSTED = "indexes accept attestations only from trusted publishers"
_SIGNS = (CiProvider.GITHUB, CiProvider.GITLAB)


class AttestationAction(Enum):
    """How an upload handles attestations."""

    SIGN = "sign"
    """Sign files that have no attestation."""
    HAND_ON = "hand on"
    """Upload existing attestations."""
    LEAVE = "leave"
    """Upload no attestations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationDecision:
    """The decision, and the reason if the user should know it."""

    attesting: AttestationAction
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingAttestation:
    """An attestation next to a distribution: its path, and why it does not match, or an empty string."""

    path: str
    misfit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingAttestations:
    """The attestations next to a distribution: the publish attestation and the build provenance."""

    publish: ExistingAttestation | None = None
    provenance: ExistingAttestation | None = None

    @property
    def all(self) -> tuple[ExistingAttestation, ...]:
        """The existing ones."""
        return tuple(one for one in (self.publish, self.provenance) if one)


class AttestationFinder(Protocol):
    """Finds the attestations next to a distribution."""

    def __call__(self, path: str, distribution: Distribution, /) -> ExistingAttestations:
        """The existing attestations."""


def decide(policy: AttestationPolicy, facts: CiFacts, *, is_trusted: bool, is_installed: bool) -> AttestationDecision:
    """Decide what an upload does. `is_trusted`: trusted publishing is used. `is_installed`: cibw can sign.

    The public index accepts attestations only from trusted publishers, and otherwise refuses the file with them.
    """
    match policy:
        case AttestationPolicy.OFF:
            return AttestationDecision(attesting=AttestationAction.LEAVE, reason="attestations is off")
        case AttestationPolicy.REQUIRE:
            return AttestationDecision(attesting=AttestationAction.SIGN)
        case AttestationPolicy.AUTO if not is_trusted:
            return AttestationDecision(attesting=AttestationAction.LEAVE, reason=NOT_TRUSTED)
        case AttestationPolicy.AUTO if facts.provider not in _SIGNS:
            return AttestationDecision(attesting=AttestationAction.HAND_ON)
        case AttestationPolicy.AUTO if not is_installed:
            reason = f"Files are uploaded without attestations, because the libraries are not installed: {HINT}"
            return AttestationDecision(attesting=AttestationAction.HAND_ON, reason=reason)
        case AttestationPolicy.AUTO:
            return AttestationDecision(attesting=AttestationAction.SIGN)
        case _:
            assert_never(policy)


def with_attestations(plan: UploadPlan, decision: AttestationDecision, beside: AttestationFinder) -> UploadPlan:
    """The plan with existing attestations, those to create, and notes on skipped ones.

    A file has at most one attestation of each predicate, because an index accepts no more.
    """
    notes: list[str] = []
    if decision.attesting is AttestationAction.HAND_ON and decision.reason and plan.having(Decision.SEND):
        notes.append(decision.reason)
    uploads = tuple(_attested(upload, decision, beside, notes) for upload in plan.uploads)
    return replace(plan, uploads=uploads, notes=(*plan.notes, *notes))


def without_attestations(plan: UploadPlan) -> UploadPlan:
    """The plan without attestations."""
    return replace(plan, uploads=tuple(replace(upload, attestations=(), to_attest=False) for upload in plan.uploads))


def _attested(
    upload: PlannedUpload, decision: AttestationDecision, beside: AttestationFinder, notes: list[str]
) -> PlannedUpload:
    if upload.decision is not Decision.SEND:
        return replace(upload, attestations=())
    name = upload.distribution.filename
    there = beside(upload.path, upload.distribution)
    if decision.attesting is AttestationAction.LEAVE:
        if there.all:
            notes.append(f"The attestation next to {name} is not uploaded: {decision.reason}.")
        return replace(upload, attestations=())
    fitting = tuple(one.path for one in there.all if not one.misfit)
    signs = decision.attesting is AttestationAction.SIGN and (there.publish is None or bool(there.publish.misfit))
    for one in there.all:
        if one.misfit:
            fate = "replaced" if signs and one is there.publish else "not uploaded"
            notes.append(f"The attestation next to {name} is {fate}: {one.misfit}.")
        elif one is there.publish:
            notes.append(f"The attestation next to {name} is reused: it is for exactly this file.")
    return replace(upload, attestations=fitting, to_attest=signs)


# Attestation files: their statements, and whether they match the distribution next to them.

_PREDICATES = {predicate.value: predicate for predicate in Predicate}


def attestation_path(distribution: Path) -> Path:
    """The path of a publish attestation, next to its distribution."""
    return distribution.with_name(f"{distribution.name}{ATTESTATION_ENDING}")


def read_statement(text: bytes) -> AttestationStatement:
    """The statement of an attestation (PEP 740), unverified; ValueError describes what is invalid."""
    attestation = _entries(_parsed(text, "it is not JSON"), "it is not an attestation")
    encoded = _entries(attestation.get("envelope"), "it has no envelope").get("statement")
    if not isinstance(encoded, str):
        raise _odd("its envelope has no statement")
    statement = _entries(_parsed(_decoded(encoded), "its statement is not JSON"), "its statement is invalid")
    subjects = statement.get("subject")
    if not isinstance(subjects, list) or len(subjects) != 1:
        raise _odd("it is not for exactly one file")
    subject = _entries(subjects[0], "its subject is invalid")
    name, sha256 = subject.get("name"), _entries(subject.get("digest"), "its subject has no hash").get("sha256")
    kind = statement.get("predicateType")
    predicate = _PREDICATES.get(urlsplit(kind).path) if isinstance(kind, str) else None
    if not isinstance(name, str) or not isinstance(sha256, str):
        raise _odd("its subject has no name or no SHA-256")
    if predicate is None:
        raise _odd("its predicate type is not one that indexes accept")
    return AttestationStatement(filename=name, sha256=sha256, predicate=predicate)


def misfit(text: bytes, distribution: Distribution, predicate: Predicate) -> str:
    """Why an attestation does not match a distribution, or an empty string. No signature is verified."""
    try:
        statement = read_statement(text)
    except ValueError as error:
        return str(error)
    if statement.predicate is not predicate:
        return f"it has another predicate ({statement.predicate.value})"
    if statement.filename != distribution.filename:
        return f"it is for {statement.filename}"
    return "" if statement.sha256 == distribution.sha256 else "it is for a file with another SHA-256"


def leftovers(path: str, distribution: Distribution) -> ExistingAttestations:
    """The existing attestations next to a distribution."""
    beside = Path(path)
    return ExistingAttestations(
        publish=_leftover(attestation_path(beside), distribution, Predicate.PUBLISH),
        provenance=_leftover(beside.with_name(f"{beside.name}{PROVENANCE_ENDING}"), distribution, Predicate.PROVENANCE),
    )


def _leftover(path: Path, distribution: Distribution, predicate: Predicate) -> ExistingAttestation | None:
    try:
        text = read_limited(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return ExistingAttestation(path=str(path), misfit=f"it cannot be read ({error.strerror or error})")
    except ValueError as error:
        return ExistingAttestation(path=str(path), misfit=str(error))
    return ExistingAttestation(path=str(path), misfit=misfit(text, distribution, predicate))


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded)
    except ValueError as error:
        raise _odd("its statement is not base64") from error


def _parsed(text: bytes, fault: str) -> object:
    try:
        value: object = parse_json(text)
    except ValueError as error:
        raise _odd(fault) from error
    return value


def _entries(value: object, fault: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _odd(fault)
    return {str(name): entry for name, entry in value.items()}


def _odd(message: str) -> ValueError:
    return ValueError(message)


# Error messages for failed attestations; pure.

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


# Attest distributions: get the run's identity, sign each file, retry after outages.

AUDIENCE = "sigstore"


class Signer(Protocol):
    """Signs statements about distributions."""

    def sign(self, path: Path, identify: Callable[[], str], /) -> str:
        """The attestation of a distribution, as JSON; `identify` returns a new identity of the run for each call.

        OutageError if a retry may succeed, AttestationError if not.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationContext:
    """The external functions that attesting uses.

    `identify` requests an identity for an audience from the CI, `mask` hides a secret in the CI's log, `warn` shows a
    warning. Waits between attempts, in seconds, double each time.
    """

    identify: Callable[[str], str | None]
    mask: Callable[[str], None]
    warn: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    attempts: int = 5
    first_wait: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAttester:
    """Attests with the identity of a CI run; satisfies Attester. `seen` has all identities so far."""

    signing: Signer
    facts: CiFacts
    context: AttestationContext
    seen: list[str] = field(default_factory=list, repr=False)

    def attest(self, path: Path, /) -> Path:
        """Write the attestation next to a distribution and return its path; AttestationError if that fails."""
        text = self._signed(path)
        target = attestation_path(path)
        hidden = target.with_name(f".{target.name}")
        # An existing symlink of this name must not be followed.
        hidden.unlink(missing_ok=True)
        with hidden.open("x", encoding="utf-8") as file:
            file.write(text)
        hidden.replace(target)
        return target

    def _signed(self, path: Path) -> str:
        around = self.context

        def pause(error: OutageError, seconds: float) -> None:
            around.warn(f"Signing {path.name} failed: {error}; retrying in {seconds:g} s")
            around.sleep(seconds)

        pauses = waits(around.first_wait, around.attempts)
        try:
            return retry(lambda: self.signing.sign(path, self._identify), OutageError, pauses, pause)
        except OutageError as error:
            raise outage(path.name, str(error), around.attempts) from error

    def _identify(self) -> str:
        try:
            identity = self.context.identify(AUDIENCE)
        except NoIdentityError as error:
            raise no_identity(self.facts, error) from error
        if not identity:
            raise no_identity(self.facts, None)
        self.context.mask(identity)
        self.seen.append(identity)
        reused = reused_workflow(read_claims(identity))
        if reused:
            raise unfit_workflow(*reused)
        return identity


def attest_release(
    plan: UploadPlan, attester: Attester, policy: AttestationPolicy, warn: Callable[[str], None]
) -> UploadPlan:
    """Create the attestations of a plan and return the plan with them.

    If attestations are required, the first failure raises AttestationError. Otherwise it is a warning, and the other
    files are uploaded without attestations.
    """
    uploads = list(plan.uploads)
    for number, upload in enumerate(uploads):
        if not upload.to_attest:
            continue
        try:
            made = str(attester.attest(Path(upload.path)))
        except AttestationError as error:
            if policy is AttestationPolicy.REQUIRE:
                raise AttestationError(f"{error.message} Nothing was uploaded.", hint=error.hint) from error
            warn(f"{error.message} The release continues without attestations. {error.hint}")
            break
        uploads[number] = replace(upload, attestations=(made, *upload.attestations), to_attest=False)
    return replace(plan, uploads=tuple(replace(upload, to_attest=False) for upload in uploads))
