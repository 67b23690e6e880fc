"""Fetch and verify the attestations on an index."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.cli.publish_attestations import trust_of
from cibw.cli.publish_index import AskedIndex
from cibw.cli.sessions import Session
from cibw.model.attestations import Publisher
from cibw.model.distribution import Distribution
from cibw.publishing.attest_provenance import fetch_provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexProvenances:
    """The provenances of an index, verified with the keys set in the environment, else those of the public instance."""

    session: Session
    asked: AskedIndex

    def fetch(self, distribution: Distribution, /) -> bytes | None:
        """The provenance of a file on the index."""
        return fetch_provenance(self.asked.lookup, self.asked.index, distribution)

    def verify(self, text: bytes, distribution: Distribution, publisher: Publisher, /) -> None:
        """AttestationError if it is not valid for the publisher."""
        from cibw.publishing.attest_verify import verify_provenance

        verify_provenance(text, distribution, publisher, trust_of(self.session))
