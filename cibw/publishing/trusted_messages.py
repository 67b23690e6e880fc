"""Messages for failed trusted publishing; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cibw.model.ci import CiFacts, CiProvider

_LONGEST = 300
# An OpenID Connect token, and an index token.
_SECRET = re.compile(r"eyJ[\w-]+(\.[\w-]*)*|pypi-[\w-]{8,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why there is no token; `is_absent` if trusted publishing is not set up, which may be intended."""

    message: str
    hint: str
    is_absent: bool = False


def clean(text: str) -> str:
    """A server's text for messages: without tokens, on one line, truncated."""
    line = " ".join(_SECRET.sub("***", text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def not_offered(host: str, status: int) -> Fault:
    """The index does not support trusted publishing, or has disabled it."""
    if status == 403:
        return Fault(
            message=f"Trusted publishing is temporarily disabled on {host}.",
            hint="Check its status page and try again later, or set CIBW_PUBLISH_TOKEN to an API token.",
            is_absent=True,
        )
    return Fault(
        message=f"{host} does not support trusted publishing.",
        hint="Set CIBW_PUBLISH_TOKEN, or TWINE_USERNAME and TWINE_PASSWORD; or correct the address of the index.",
        is_absent=True,
    )


def unencrypted(address: str) -> Fault:
    """Identities are sent only over HTTPS or to this computer."""
    return Fault(
        message=f"{address} is not encrypted. Others on the network could read the identity.",
        hint="Use an https:// URL.",
        is_absent=True,
    )


def foreign_audience(host: str, audience: str) -> Fault:
    """The index requested an identity that another service would accept."""
    return Fault(
        message=f"{host} requested an identity for the audience {audience!r}, which belongs to another service. "
        "The server could use it there on behalf of this run, so no identity was sent.",
        hint="Check the address of the index. If it is your index, configure its own audience, or use "
        "--trusted-publishing never with a token or a password.",
    )


def no_answer(host: str, reason: str) -> Fault:
    """The index cannot be reached or is faulty."""
    return Fault(
        message=f"{host} did not issue a token for trusted publishing: {clean(reason)}.",
        hint="Try again later; the same command uploads the missing files.",
    )


def no_permission(facts: CiFacts) -> Fault:
    """The GitHub job has no permission to request an identity."""
    if facts.is_pull_request:
        return Fault(
            message="The run is for a pull request. GitHub gives it no identity, because it may come from a fork.",
            hint="Publish from a workflow that runs on tags, releases or pushes.",
            is_absent=True,
        )
    return Fault(
        message="The job is not allowed to request an identity from GitHub.",
        hint="Add `permissions: {id-token: write}` to the publishing job in the workflow file; "
        "a reusable workflow needs it in the calling job, too.",
        is_absent=True,
    )


def no_identity(facts: CiFacts, audience: str, reason: str) -> Fault:
    """The CI does not provide an identity; `reason` is the error of the attempt, or empty without a CI."""
    told = f": {clean(reason)}" if reason else ""
    return Fault(
        message=f"{facts.provider.value} does not provide an identity for the audience {audience!r}{told}.",
        hint=_how_to_get(facts.provider, audience),
        is_absent=facts.provider is not CiProvider.GITHUB or not reason,
    )


def _how_to_get(provider: CiProvider, audience: str) -> str:
    match provider:
        case CiProvider.GITLAB:
            name = re.sub(r"[^A-Z0-9_]|^[^A-Z_]", "_", audience.upper())
            return f"Add `id_tokens: {{{name}_ID_TOKEN: {{aud: {audience}}}}}` to the job in the CI configuration."
        case CiProvider.CIRCLECI:
            return "The program `circleci` provides identities. The job must run in CircleCI's images."
        case CiProvider.BUILDKITE:
            return "The program `buildkite-agent` provides identities. It must be on PATH, also in a container."
        case CiProvider.GOOGLE:
            return "Set GOOGLE_SERVICE_ACCOUNT_NAME to the publishing service account, and let the step act as it."
        case CiProvider.GITHUB:
            return "Check GitHub's status page, and run the job again."
        case CiProvider.AZURE | CiProvider.TRAVIS | CiProvider.OTHER | CiProvider.NONE:
            return (
                "Publish from GitHub, GitLab, CircleCI, Buildkite or Google Cloud, "
                "or set CIBW_PUBLISH_TOKEN to an API token."
            )


def used_up(facts: CiFacts) -> Fault:
    """The token has expired, and the CI provides no second identity."""
    return Fault(
        message=f"The trusted publishing token has expired, and {facts.provider.value} provides only one identity per "
        "job, which is valid for one token.",
        hint="Run the job again to upload the remaining files.",
    )
