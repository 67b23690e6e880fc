"""Whether a release is attested, and which files of it still have to be; pure."""

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
NOT_TRUSTED = "indexes take attestations from trusted publishers alone"
_SIGNS = (CiProvider.GITHUB, CiProvider.GITLAB)


class Attesting(Enum):
    """What an upload does about attestations, here and now."""

    SIGN = "sign"
    """Files without an attestation get one."""
    HAND_ON = "hand on"
    """Attestations that are there go along."""
    LEAVE = "leave"
    """None goes along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is done, and why where the user may wonder."""

    attesting: Attesting
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """An attestation beside a distribution: its path, and why it does not fit; empty where it fits."""

    path: str
    misfit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """The attestations beside a distribution: one of the publisher, and one of how it was built."""

    publish: Leftover | None = None
    provenance: Leftover | None = None

    @property
    def all(self) -> tuple[Leftover, ...]:
        """Those that are there."""
        return tuple(one for one in (self.publish, self.provenance) if one)


class Beside(Protocol):
    """Looks what lies beside a distribution."""

    def __call__(self, path: str, distribution: Distribution, /) -> Leftovers:
        """The attestations that lie there."""


def decide(policy: AttestationPolicy, facts: CiFacts, *, is_trusted: bool, is_installed: bool) -> Verdict:
    """What an upload does: `is_trusted` says that a trusted publisher sends, `is_installed` that cibw can sign.

    The public index takes attestations from trusted publishers alone, and refuses the file with them from others.
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
            reason = f"Files are not attested, as the libraries for it are not installed: {HINT}"
            return Verdict(attesting=Attesting.HAND_ON, reason=reason)
        case AttestationPolicy.AUTO:
            return Verdict(attesting=Attesting.SIGN)
        case _:
            assert_never(policy)


def with_attestations(plan: UploadPlan, verdict: Verdict, beside: Beside) -> UploadPlan:
    """The plan with the attestations that go along, those that are to be made, and notes on what is left out.

    At most one of each predicate goes with a file, as an index takes no more.
    """
    notes: list[str] = []
    if verdict.attesting is Attesting.HAND_ON and verdict.reason and plan.having(Decision.SEND):
        notes.append(verdict.reason)
    uploads = tuple(_attested(upload, verdict, beside, notes) for upload in plan.uploads)
    return replace(plan, uploads=uploads, notes=(*plan.notes, *notes))


def without_attestations(plan: UploadPlan) -> UploadPlan:
    """The plan with no attestation at all."""
    return replace(plan, uploads=tuple(replace(upload, attestations=(), to_attest=False) for upload in plan.uploads))


def _attested(upload: PlannedUpload, verdict: Verdict, beside: Beside, notes: list[str]) -> PlannedUpload:
    if upload.decision is not Decision.SEND:
        return replace(upload, attestations=())
    name = upload.distribution.filename
    there = beside(upload.path, upload.distribution)
    if verdict.attesting is Attesting.LEAVE:
        if there.all:
            notes.append(f"The attestation beside {name} is left out: {verdict.reason}.")
        return replace(upload, attestations=())
    fitting = tuple(one.path for one in there.all if not one.misfit)
    signs = verdict.attesting is Attesting.SIGN and (there.publish is None or bool(there.publish.misfit))
    for one in there.all:
        if one.misfit:
            fate = "replaced" if signs and one is there.publish else "left out"
            notes.append(f"The attestation beside {name} is {fate}: {one.misfit}.")
        elif one is there.publish:
            notes.append(f"The attestation beside {name} is used again: it is for these very bytes.")
    return replace(upload, attestations=fitting, to_attest=signs)
