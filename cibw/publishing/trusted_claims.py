"""Read the claims of an OpenID Connect identity token without verifying them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from cibw.limited import parse_json

_GITHUB = ("repository", "workflow_ref", "job_workflow_ref", "environment", "ref", "event_name")
_GITLAB = ("project_path", "ci_config_ref_uri", "environment", "ref", "ref_type", "pipeline_source")
_BUILDKITE = ("organization_slug", "pipeline_slug", "build_branch", "build_tag", "step_key")
_CIRCLECI = (
    "oidc.circleci.com/org-id",
    "oidc.circleci.com/project-id",
    "oidc.circleci.com/pipeline-definition-id",
    "oidc.circleci.com/vcs-origin",
    "oidc.circleci.com/vcs-ref",
)
_GOOGLE = ("email", "sub")
_MATTER = (*_GITHUB, *_GITLAB, *_BUILDKITE, *_CIRCLECI, *_GOOGLE)


def read_claims(token: str) -> Mapping[str, str]:
    """The text claims of a token (RFC 7519), or none if it is not such a token. Nothing is verified."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode()
        told: object = parse_json(text)
    except (ValueError, binascii.Error):
        return {}
    if not isinstance(told, dict):
        return {}
    return {str(name): value for name, value in told.items() if isinstance(value, str)}


def claims_that_matter(claims: Mapping[str, str]) -> Mapping[str, str]:
    """The claims that an index compares with its trusted publishers; the subject only if there are no others."""
    names = [name for name in dict.fromkeys(_MATTER) if claims.get(name)]
    if len(names) > 1 and "email" not in names:
        names = [name for name in names if name != "sub"]
    return {name: claims[name] for name in names}


def workflow_file(reference: str) -> str:
    """The file name of a workflow: `release.yml` for `owner/name/.github/workflows/release.yml@refs/tags/v1`."""
    return reference.partition("@")[0].rpartition("/")[2]


def reused_workflow(claims: Mapping[str, str]) -> tuple[str, str] | None:
    """The called and the calling workflow of a GitHub job in a reusable workflow, or None."""
    called = claims.get("job_workflow_ref", "").partition("@")[0]
    calling = claims.get("workflow_ref", "").partition("@")[0]
    return (called, calling) if called and calling and called != calling else None
