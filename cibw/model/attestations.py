"""Whether distributions are attested (PEP 740)."""

from __future__ import annotations

from enum import Enum


class AttestationPolicy(Enum):
    """What an upload does about attestations."""

    REQUIRE = "require"
    """Every file is attested, or nothing is sent."""
    AUTO = "auto"
    """Attested where a trusted publisher sends; an outage of the signers stops nothing."""
    OFF = "off"
