"""Identities of CIs for unit tests: tokens that nobody has signed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

GITHUB: Mapping[str, object] = {
    "repository": "octo/hello",
    "workflow_ref": "octo/hello/.github/workflows/release.yml@refs/tags/v1.0",
    "job_workflow_ref": "octo/hello/.github/workflows/release.yml@refs/tags/v1.0",
    "environment": "index",
    "ref": "refs/tags/v1.0",
    "event_name": "push",
    "sub": "repo:octo/hello:environment:index",
    "exp": 5,
}


def token(claims: Mapping[str, object], serial: int = 0) -> str:
    """A token with claims; one with another serial differs."""
    parts: tuple[Mapping[str, object], ...] = ({"alg": "none"}, {**claims, "serial": serial})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, "c2lnbmF0dXJl"))
