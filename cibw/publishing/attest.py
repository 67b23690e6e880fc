"""Attest distributions: get the run's identity, sign each file, retry after outages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from cibw.errors import AttestationError
from cibw.model.attestations import AttestationPolicy
from cibw.model.ci import CiFacts
from cibw.model.release import UploadPlan
from cibw.publishing.attest_files import attestation_path
from cibw.publishing.attest_patience import OutageError
from cibw.publishing.attest_words import no_identity, outage, unfit_workflow
from cibw.publishing.trusted_claims import read_claims, reused_workflow
from cibw.publishing.trusted_identity import NoIdentityError
from cibw.publishing.upload_api import Attester
from cibw.publishing.upload_rules import waits

AUDIENCE = "sigstore"


class Signing(Protocol):
    """Signs statements about distributions."""

    def sign(self, path: Path, identify: Callable[[], str], /) -> str:
        """The attestation of a distribution, as JSON; `identify` returns a new identity of the run for each call.

        OutageError if a retry may succeed, AttestationError if not.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
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

    signing: Signing
    facts: CiFacts
    surroundings: Surroundings
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
        around, reason = self.surroundings, ""
        for wait in (*waits(around.first_wait, around.attempts), None):
            try:
                return self.signing.sign(path, self._identify)
            except OutageError as error:
                reason = str(error)
            if wait is not None:
                around.warn(f"Signing {path.name} failed: {reason}; retrying in {wait:g} s")
                around.sleep(wait)
        raise outage(path.name, reason, around.attempts)

    def _identify(self) -> str:
        try:
            identity = self.surroundings.identify(AUDIENCE)
        except NoIdentityError as error:
            raise no_identity(self.facts, error) from error
        if not identity:
            raise no_identity(self.facts, None)
        self.surroundings.mask(identity)
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
