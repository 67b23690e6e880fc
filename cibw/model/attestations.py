"""Attestations: signed statements of where a distribution comes from (PEP 740)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class AttestationPolicy(Enum):
    """What an upload does about attestations."""

    REQUIRE = "require"
    """Every file is attested, or nothing is sent."""
    AUTO = "auto"
    """Attested where a trusted publisher sends; an outage of the signers stops nothing."""
    OFF = "off"


class Predicate(Enum):
    """What an attestation says of a distribution; the value is the path of its type, whatever the host."""

    PUBLISH = "/attestations/publish/v1"
    """A trusted publisher has published it."""
    PROVENANCE = "/provenance/v1"
    """How it was built (SLSA)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an attestation claims to be about, which nobody has verified: a file by name and SHA-256, and what of it."""

    filename: str
    sha256: str
    predicate: Predicate


class Forge(Enum):
    """Where a publisher lives; the value is the `kind` of PEP 740."""

    GITHUB = "GitHub"
    GITLAB = "GitLab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A workflow that publishes.

    `repository` is `owner/name`, on GitLab with all groups. `workflow` is the name of a file in `.github/workflows`,
    on GitLab the path of the CI's configuration.
    """

    forge: Forge
    repository: str
    workflow: str

    def __str__(self) -> str:
        """The publisher for people."""
        return f"{self.workflow} of {self.repository} on {self.forge.value}"
