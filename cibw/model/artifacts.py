"""Names of the artifacts that jobs of a CI hand to one another."""

from __future__ import annotations

import re

from cibw.model.identifier import BuildIdentifier

SDIST_ARTIFACT = "cibw-sdist"
ARTIFACT_GLOB = "cibw-*"
"""Matches the name of each artifact with distributions."""
_WHEELS = "cibw-wheels"
# What the stores of CIs refuse in a name, and blanks, which would have to be quoted wherever the name stands.
_REFUSED = re.compile(r"[^A-Za-z0-9._+=@,-]+")


def artifact_name(group: str | BuildIdentifier | None = None) -> str:
    """The artifact of the wheels of an identifier or a group of them; of the sdist where there is no group.

    Each run of characters that a store may refuse becomes a dash. ValueError where nothing is left of a group.
    """
    if group is None:
        return SDIST_ARTIFACT
    name = _REFUSED.sub("-", str(group)).strip("-.")
    if not name:
        raise ValueError(f"{group!r} contains no characters that are valid in an artifact name")
    return f"{_WHEELS}-{name}"
