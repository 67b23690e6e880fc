"""Names of the CI artifacts that pass distributions between jobs."""

from __future__ import annotations

import re

from cibw.model.identifier import BuildIdentifier

SDIST_ARTIFACT = "cibw-sdist"
ARTIFACT_GLOB = "cibw-*"
"""A glob that matches all artifacts with distributions."""
_WHEELS = "cibw-wheels"
# Characters that CI services reject in artifact names, and spaces, which would require quoting.
_REFUSED = re.compile(r"[^A-Za-z0-9._+=@,-]+")


def artifact_name(group: str | BuildIdentifier | None = None) -> str:
    """The artifact name for the wheels of an identifier or a group, or for the sdist if there is no group.

    Each run of characters that a CI service may reject becomes a dash. ValueError if no characters remain.
    """
    if group is None:
        return SDIST_ARTIFACT
    name = _REFUSED.sub("-", str(group)).strip("-.")
    if not name:
        raise ValueError(f"{group!r} contains no characters that are valid in an artifact name")
    return f"{_WHEELS}-{name}"
