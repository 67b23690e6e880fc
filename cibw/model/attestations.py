"""Attestations: signed statements about the origin of a distribution (PEP 740)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class AttestationPolicy(Enum):
    """How an upload handles attestations."""

    REQUIRE = "require"
    """Every file must be attested, or nothing is uploaded."""
    AUTO = "auto"
    """Attest with trusted publishing; a signing service outage does not stop the upload."""
    OFF = "off"


class Predicate(Enum):
    """The statement of an attestation; the value is the path of its type URL."""

    PUBLISH = "/attestations/publish/v1"
    """A trusted publisher published it."""
    PROVENANCE = "/provenance/v1"
    """How it was built (SLSA)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The unverified claim of an attestation: a file by name and SHA-256, and a predicate."""

    filename: str
    sha256: str
    predicate: Predicate


class Forge(Enum):
    """The service that hosts a publisher; the value is the `kind` in PEP 740."""

    GITHUB = "GitHub"
    GITLAB = "GitLab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A workflow that publishes.

    `repository` is `owner/name`, on GitLab with all groups. `workflow` is a file name in `.github/workflows`, or the
    path of the CI configuration on GitLab.
    """

    forge: Forge
    repository: str
    workflow: str

    def __str__(self) -> str:
        """The publisher for display."""
        return f"{self.workflow} of {self.repository} on {self.forge.value}"
