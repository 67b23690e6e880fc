"""Attestations of a release: which files get one, and making them before the first file is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cibw.cli.publish_login import LateSource, mask
from cibw.cli.sessions import Session
from cibw.errors import ConfigurationError
from cibw.limited import read_text_limited
from cibw.model.attestations import AttestationPolicy
from cibw.model.ci import CiFacts
from cibw.model.credentials import TrustedPublishing
from cibw.model.release import UploadPlan
from cibw.publishing.attest_files import leftovers
from cibw.publishing.attest_rules import NOT_TRUSTED, Verdict, decide, with_attestations, without_attestations
from cibw.publishing.attest_trust import VARIABLE, Trust, is_installed
from cibw.publishing.upload_api import Attester
from cibw.reporting.wording import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestations:
    """What the configuration wants of attestations, and what this run can do; `warn` tells the user."""

    session: Session
    policy: AttestationPolicy
    facts: CiFacts
    warn: Callable[[str], None]

    def planned(self, plan: UploadPlan) -> UploadPlan:
        """The plan with what is attested, supposed that this run is let in as a trusted publisher where it may be."""
        may_be = self.session.line.trusted_publishing != TrustedPublishing.NEVER.value
        return with_attestations(plan, self._verdict(is_trusted=may_be and self.facts.is_ci), leftovers)

    def made(self, plan: UploadPlan, source: LateSource) -> UploadPlan:
        """The plan with its attestations made; AttestationError where they are required and can't be."""
        from cibw.publishing.attest import attest_release
        from cibw.publishing.trusted import TrustedSource

        missing = sum(upload.to_attest for upload in plan.uploads)
        attested = missing or any(upload.attestations for upload in plan.uploads)
        if attested and self.policy is AttestationPolicy.AUTO and not isinstance(source.open(), TrustedSource):
            self.warn(f"The files go without attestations: {NOT_TRUSTED}.")
            return without_attestations(plan)
        if not missing:
            return plan
        stream = self.session.stream_for_people
        stream.write(f"Attesting {count(missing, 'file')} by Sigstore\n")
        stream.flush()
        return attest_release(plan, self._attester(), self.policy, self.warn)

    def _verdict(self, *, is_trusted: bool) -> Verdict:
        return decide(self.policy, self.facts, is_trusted=is_trusted, is_installed=is_installed())

    def _attester(self) -> Attester:
        from cibw.publishing.attest import RunAttester, Surroundings
        from cibw.publishing.attest_sigstore import SigstoreSigning
        from cibw.publishing.trusted_identity import ambient_identity

        surroundings = Surroundings(
            identify=ambient_identity, mask=partial(mask, self.session, self.facts), warn=self.warn
        )
        signing = SigstoreSigning(trust=trust_of(self.session))
        return RunAttester(signing=signing, facts=self.facts, surroundings=surroundings)


def trust_of(session: Session) -> Trust:
    """The instance of Sigstore that the environment names, else the public one."""
    named = session.environment.get(VARIABLE, "")
    if not named:
        return Trust()
    path = session.working_dir / named
    try:
        return Trust(config=read_text_limited(path))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{VARIABLE} names {path}, which can't be read.", hint="It is the JSON of a ClientTrustConfig of Sigstore."
        ) from error
