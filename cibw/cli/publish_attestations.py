"""Attestations of a release: choose the files to attest, and sign them before the first upload."""

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
    """The attestation settings of the configuration and this run; `warn` shows a warning."""

    session: Session
    policy: AttestationPolicy
    facts: CiFacts
    warn: Callable[[str], None]

    def planned(self, plan: UploadPlan) -> UploadPlan:
        """The plan with attestations, assuming that trusted publishing succeeds if it is possible."""
        may_be = self.session.line.trusted_publishing != TrustedPublishing.NEVER.value
        return with_attestations(plan, self._verdict(is_trusted=may_be and self.facts.is_ci), leftovers)

    def made(self, plan: UploadPlan, source: LateSource) -> UploadPlan:
        """The plan with its attestations created; AttestationError if they are required and that fails."""
        from cibw.publishing.attest import attest_release
        from cibw.publishing.trusted import TrustedSource

        missing = sum(upload.to_attest for upload in plan.uploads)
        attested = missing or any(upload.attestations for upload in plan.uploads)
        if attested and self.policy is AttestationPolicy.AUTO and not isinstance(source.open(), TrustedSource):
            self.warn(f"The files are uploaded without attestations: {NOT_TRUSTED}.")
            return without_attestations(plan)
        if not missing:
            return plan
        stream = self.session.stream_for_people
        stream.write(f"Signing {count(missing, 'file')} with Sigstore\n")
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
    """The Sigstore instance set in the environment, else the public one."""
    named = session.environment.get(VARIABLE, "")
    if not named:
        return Trust()
    path = session.working_dir / named
    try:
        return Trust(config=read_text_limited(path))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{VARIABLE} is {path}, which cannot be read.", hint="It must be the JSON of a Sigstore ClientTrustConfig."
        ) from error
