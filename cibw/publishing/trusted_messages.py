"""What is said where trusted publishing does not come about: what is wrong, and what to change where; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cibw.model.ci import CiFacts, CiProvider

_LONGEST = 300
# A token of OpenID Connect, and one of an index.
_SECRET = re.compile(r"eyJ[\w-]+(\.[\w-]*)*|pypi-[\w-]{8,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why there is no token; `is_absent` where trusted publishing is just not set up, which need be no mistake."""

    message: str
    hint: str
    is_absent: bool = False


def clean(text: str) -> str:
    """A text of a server for people: without tokens, in one line, cut where it is long."""
    line = " ".join(_SECRET.sub("***", text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def not_offered(host: str, status: int) -> Fault:
    """The index has no trusted publishing, or has it switched off."""
    if status == 403:
        return Fault(
            message=f"{host} has switched off trusted publishing for now.",
            hint="Look at its status page and try again later, or set CIBW_PUBLISH_TOKEN to an API token.",
            is_absent=True,
        )
    return Fault(
        message=f"{host} has no trusted publishing.",
        hint="Set CIBW_PUBLISH_TOKEN, or TWINE_USERNAME and TWINE_PASSWORD; or correct the address of the index.",
        is_absent=True,
    )


def unencrypted(address: str) -> Fault:
    """Identities are sent only by HTTPS, or within this computer."""
    return Fault(
        message=f"{address} is not encrypted, and an identity would be seen by all on the way.",
        hint="Use an address that begins with https://.",
        is_absent=True,
    )


def foreign_audience(host: str, audience: str) -> Fault:
    """The index asks for an identity that another service would accept."""
    return Fault(
        message=f"{host} asks for an identity for the audience {audience!r}, which belongs to another service. "
        "With it, the server could act there in the name of this run, so it does not get one.",
        hint="Check the address of the index. If it is yours, configure an audience of its own, or use "
        "--trusted-publishing never with a token or a password.",
    )


def no_answer(host: str, reason: str) -> Fault:
    """The index can't be reached, or has a fault."""
    return Fault(
        message=f"{host} gave no token for trusted publishing: {clean(reason)}.",
        hint="Try again later; the same command sends what is missing.",
    )


def no_permission(facts: CiFacts) -> Fault:
    """GitHub gives the job no identity."""
    if facts.is_pull_request:
        return Fault(
            message="The run is for a pull request, and GitHub gives it no identity, as it may come from a fork.",
            hint="Publish from a workflow that runs on tags, releases or pushes.",
            is_absent=True,
        )
    return Fault(
        message="The job may not ask GitHub for an identity.",
        hint="Give the job that publishes, in its workflow file, the permission `permissions: {id-token: write}`; "
        "a reusable workflow needs it in the calling job, too.",
        is_absent=True,
    )


def no_identity(facts: CiFacts, audience: str, reason: str) -> Fault:
    """The CI gives no identity; `reason` is what the attempt told, and empty where there is no CI."""
    told = f": {clean(reason)}" if reason else ""
    return Fault(
        message=f"{facts.provider.value} gives no identity for the audience {audience!r}{told}.",
        hint=_how_to_get(facts.provider, audience),
        is_absent=facts.provider is not CiProvider.GITHUB or not reason,
    )


def _how_to_get(provider: CiProvider, audience: str) -> str:
    match provider:
        case CiProvider.GITLAB:
            name = re.sub(r"[^A-Z0-9_]|^[^A-Z_]", "_", audience.upper())
            return f"Give the job `id_tokens: {{{name}_ID_TOKEN: {{aud: {audience}}}}}` in the CI's configuration."
        case CiProvider.CIRCLECI:
            return "Identities come from the program `circleci`, in the images of CircleCI; the job must run there."
        case CiProvider.BUILDKITE:
            return "Identities come from the program `buildkite-agent`: it must be on PATH, also within a container."
        case CiProvider.GOOGLE:
            return "Set GOOGLE_SERVICE_ACCOUNT_NAME to the service account that publishes, and let the step act for it."
        case CiProvider.GITHUB:
            return "Look at the status page of GitHub, and run the job again."
        case CiProvider.AZURE | CiProvider.TRAVIS | CiProvider.OTHER | CiProvider.NONE:
            return (
                "Publish from GitHub, GitLab, CircleCI, Buildkite or Google Cloud, "
                "or set CIBW_PUBLISH_TOKEN to an API token."
            )


def used_up(facts: CiFacts) -> Fault:
    """The token has ended, and the CI has no second identity for another one."""
    return Fault(
        message=f"The token of trusted publishing has ended, and {facts.provider.value} gives a job only one identity, "
        "which is good for one token.",
        hint="Run the job again: it sends the rest.",
    )
