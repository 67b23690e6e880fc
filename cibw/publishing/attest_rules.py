"""Decide whether a release is attested, and which of its files need an attestation; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from cibw.exhaustive import assert_never
from cibw.model.attestations import AttestationPolicy
from cibw.model.ci import CiFacts, CiProvider
from cibw.model.distribution import Distribution
from cibw.model.release import Decision, PlannedUpload, UploadPlan

HINT = "pip install 'cibw[attest]'"
NOT_TRUSTED = "indexes accept attestations only from trusted publishers"
_SIGNS = (CiProvider.GITHUB, CiProvider.GITLAB)


class Attesting(Enum):
    """How an upload handles attestations."""

    SIGN = "sign"
    """Sign files that have no attestation."""
    HAND_ON = "hand on"
    """Upload existing attestations."""
    LEAVE = "leave"
    """Upload no attestations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision, and the reason if the user should know it."""

    attesting: Attesting
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """An attestation next to a distribution: its path, and why it does not match, or an empty string."""

    path: str
    misfit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """The attestations next to a distribution: the publish attestation and the build provenance."""

    publish: Leftover | None = None
    provenance: Leftover | None = None

    @property
    def all(self) -> tuple[Leftover, ...]:
        """The existing ones."""
        return tuple(one for one in (self.publish, self.provenance) if one)


class Beside(Protocol):
    """Finds the attestations next to a distribution."""

    def __call__(self, path: str, distribution: Distribution, /) -> Leftovers:
        """The existing attestations."""


def decide(policy: AttestationPolicy, facts: CiFacts, *, is_trusted: bool, is_installed: bool) -> Verdict:
    """Decide what an upload does. `is_trusted`: trusted publishing is used. `is_installed`: cibw can sign.

    The public index accepts attestations only from trusted publishers, and otherwise refuses the file with them.
    """
    match policy:
        case AttestationPolicy.OFF:
            return Verdict(attesting=Attesting.LEAVE, reason="attestations is off")
        case AttestationPolicy.REQUIRE:
            return Verdict(attesting=Attesting.SIGN)
        case AttestationPolicy.AUTO if not is_trusted:
            return Verdict(attesting=Attesting.LEAVE, reason=NOT_TRUSTED)
        case AttestationPolicy.AUTO if facts.provider not in _SIGNS:
            return Verdict(attesting=Attesting.HAND_ON)
        case AttestationPolicy.AUTO if not is_installed:
            reason = f"Files are uploaded without attestations, because the libraries are not installed: {HINT}"
            return Verdict(attesting=Attesting.HAND_ON, reason=reason)
        case AttestationPolicy.AUTO:
            return Verdict(attesting=Attesting.SIGN)
        case _:
            assert_never(policy)


def with_attestations(plan: UploadPlan, verdict: Verdict, beside: Beside) -> UploadPlan:
    """The plan with existing attestations, those to create, and notes on skipped ones.

    A file has at most one attestation of each predicate, because an index accepts no more.
    """
    notes: list[str] = []
    if verdict.attesting is Attesting.HAND_ON and verdict.reason and plan.having(Decision.SEND):
        notes.append(verdict.reason)
    uploads = tuple(_attested(upload, verdict, beside, notes) for upload in plan.uploads)
    return replace(plan, uploads=uploads, notes=(*plan.notes, *notes))


def without_attestations(plan: UploadPlan) -> UploadPlan:
    """The plan without attestations."""
    return replace(plan, uploads=tuple(replace(upload, attestations=(), to_attest=False) for upload in plan.uploads))


def _attested(upload: PlannedUpload, verdict: Verdict, beside: Beside, notes: list[str]) -> PlannedUpload:
    if upload.decision is not Decision.SEND:
        return replace(upload, attestations=())
    name = upload.distribution.filename
    there = beside(upload.path, upload.distribution)
    if verdict.attesting is Attesting.LEAVE:
        if there.all:
            notes.append(f"The attestation next to {name} is not uploaded: {verdict.reason}.")
        return replace(upload, attestations=())
    fitting = tuple(one.path for one in there.all if not one.misfit)
    signs = verdict.attesting is Attesting.SIGN and (there.publish is None or bool(there.publish.misfit))
    for one in there.all:
        if one.misfit:
            fate = "replaced" if signs and one is there.publish else "not uploaded"
            notes.append(f"The attestation next to {name} is {fate}: {one.misfit}.")
        elif one is there.publish:
            notes.append(f"The attestation next to {name} is reused: it is for exactly this file.")
    return replace(upload, attestations=fitting, to_attest=signs)
