"""The identity of a CI run: its token, its claims, and errors about them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import TimeoutError as TooLateError
from multiprocessing.pool import ThreadPool
from typing import TypeVar

from cibw.ci import CiFacts, CiProvider
from cibw.errors import MissingToolError
from cibw.untrusted.limits import parse_json

# Messages for failed trusted publishing; pure.

_LONGEST = 300
# An OpenID Connect token, and an index token.
_SECRET = re.compile(r"eyJ[\w-]+(\.[\w-]*)*|pypi-[\w-]{8,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProblem:
    """Why there is no token; `is_absent` if trusted publishing is not set up, which may be intended."""

    message: str
    hint: str
    is_absent: bool = False


def clean(text: str) -> str:
    """A server's text for messages: without tokens, on one line, truncated."""
    line = " ".join(_SECRET.sub("***", text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def not_offered(host: str, status: int) -> IdentityProblem:
    """The index does not support trusted publishing, or has disabled it."""
    if status == 403:
        return IdentityProblem(
            message=f"Trusted publishing is temporarily disabled on {host}.",
            hint="Check its status page and try again later, or set CIBW_PUBLISH_TOKEN to an API token.",
            is_absent=True,
        )
    return IdentityProblem(
        message=f"{host} does not support trusted publishing.",
        hint="Set CIBW_PUBLISH_TOKEN, or TWINE_USERNAME and TWINE_PASSWORD; or correct the address of the index.",
        is_absent=True,
    )


def unencrypted(address: str) -> IdentityProblem:
    """Identities are sent only over HTTPS or to this computer."""
    return IdentityProblem(
        message=f"{address} is not encrypted. Others on the network could read the identity.",
        hint="Use an https:// URL.",
        is_absent=True,
    )


def foreign_audience(host: str, audience: str) -> IdentityProblem:
    """The index requested an identity that another service would accept."""
    return IdentityProblem(
        message=f"{host} requested an identity for the audience {audience!r}, which belongs to another service. "
        "The server could use it there on behalf of this run, so no identity was sent.",
        hint="Check the address of the index. If it is your index, configure its own audience, or use "
        "--trusted-publishing never with a token or a password.",
    )


def no_response(host: str, reason: str) -> IdentityProblem:
    """The index cannot be reached or is faulty."""
    return IdentityProblem(
        message=f"{host} did not issue a token for trusted publishing: {clean(reason)}.",
        hint="Try again later; the same command uploads the missing files.",
    )


def no_permission(facts: CiFacts) -> IdentityProblem:
    """The GitHub job has no permission to request an identity."""
    if facts.is_pull_request:
        return IdentityProblem(
            message="The run is for a pull request. GitHub gives it no identity, because it may come from a fork.",
            hint="Publish from a workflow that runs on tags, releases or pushes.",
            is_absent=True,
        )
    return IdentityProblem(
        message="The job is not allowed to request an identity from GitHub.",
        hint="Add `permissions: {id-token: write}` to the publishing job in the workflow file; "
        "a reusable workflow needs it in the calling job, too.",
        is_absent=True,
    )


def no_identity(facts: CiFacts, audience: str, reason: str) -> IdentityProblem:
    """The CI does not provide an identity; `reason` is the error of the attempt, or empty without a CI."""
    told = f": {clean(reason)}" if reason else ""
    return IdentityProblem(
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


def used_up(facts: CiFacts) -> IdentityProblem:
    """The token has expired, and the CI provides no second identity."""
    return IdentityProblem(
        message=f"The trusted publishing token has expired, and {facts.provider.value} provides only one identity per "
        "job, which is valid for one token.",
        hint="Run the job again to upload the remaining files.",
    )


# Read the claims of an OpenID Connect identity token without verifying them.

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


# Explain why an index did not issue a token for an identity; pure.

_ELSE = "set CIBW_PUBLISH_TOKEN to an API token"
_MEANINGS: Mapping[str, tuple[str, str]] = {
    "invalid-publisher": (
        "It does not match a trusted publisher of any project.",
        "All fields must be equal. Each index has its own publishers, so the test index needs a separate one.",
    ),
    "invalid-pending-publisher": (
        "It matches a pending publisher, but the project cannot be created: the name is already taken.",
        "The project's owner must add the publisher to it (Manage, Publishing). Remove the pending one.",
    ),
    "invalid-token": (
        "The index rejected it: it has expired, is for another index, or has an unknown signer.",
        "Run the job again. On GitLab, `aud` of id_tokens must be the audience of this index.",
    ),
    "invalid-reuse-token": (
        "It was already exchanged for a token. Each identity is valid for one token.",
        "Run the job again. If the job publishes twice, use a separate identity for each upload.",
    ),
    "not-enabled": (
        "Trusted publishing is disabled for this CI on the index.",
        f"Check the index's status page and try again later, or {_ELSE}.",
    ),
    "invalid-payload": (
        "The index cannot read it, or does not trust the CI that issued it.",
        f"Check which CIs the index supports, or add your own CI to your organization there; otherwise {_ELSE}.",
    ),
}
"""The error codes of the index: their meaning, and what to do."""

_UNKNOWN = ("The index gave an unknown reason.", f"Check the index's documentation, or {_ELSE}.")


def refused(host: str, codes: Mapping[str, str], claims: Mapping[str, str]) -> IdentityProblem:
    """The index did not issue a token; `codes` are the codes of its response with their descriptions."""
    lines = [f"{host} did not issue a token for this identity."]
    hints = [*_of_event(claims)]
    for code, description in codes.items():
        meaning, hint = _MEANINGS.get(code, _UNKNOWN)
        lines.append(f"{meaning} ({code}: {clean(description)})" if description else f"{meaning} ({code})")
        hints += [*(_of_publisher(claims) if code == "invalid-publisher" else ()), hint]
    matter = claims_that_matter(claims)
    if matter:
        lines += ["The identity's claims:", *(f"* {name}: {clean(value)}" for name, value in matter.items())]
    return IdentityProblem(message="\n".join(lines), hint="\n".join(dict.fromkeys(hints)))


def _of_event(claims: Mapping[str, str]) -> Iterator[str]:
    if claims.get("event_name") == "pull_request_target":
        yield "Runs of pull_request_target do not get a token: publish from tags, releases or pushes."


def _of_publisher(claims: Mapping[str, str]) -> Iterator[str]:
    reused = reused_workflow(claims)
    if reused:
        called, calling = reused
        yield (
            f"The job is in the reusable workflow {called}, called by {calling}. Indexes do not support this. "
            f"Move the publishing job into {workflow_file(calling)}, and register that file."
        )
    yield (
        "Register a trusted publisher on the index (Manage, Publishing; for a new project, "
        f"a pending publisher){_fields(claims)}."
    )


def _fields(claims: Mapping[str, str]) -> str:
    place = claims.get("repository") or claims.get("project_path")
    if not place:
        return ""
    owner, _, name = place.rpartition("/")
    workflow = workflow_file(claims.get("workflow_ref") or claims.get("ci_config_ref_uri") or "")
    environment = claims.get("environment")
    told = f"environment {environment}" if environment else "and no environment"
    return f", with owner {owner}, repository {name}, workflow {workflow}, {told}"


# A timeout for libraries that have none.

Value = TypeVar("Value")


class OutageError(Exception):
    """The signing service is unavailable; a retry may succeed."""


def within(seconds: float, work: Callable[[], Value]) -> Value:
    """The result of some work, or its error; OutageError after a timeout, while the work continues in its thread."""
    # Unlike those of concurrent.futures, the threads of this pool do not block the exit of the program.
    pool = ThreadPool(1)
    try:
        return pool.apply_async(work).get(seconds)
    except TooLateError as error:
        raise OutageError(f"no response within {seconds:g} s") from error
    finally:
        pool.close()


# Get the identity of a CI run with the library `id`.

_PATIENCE = 120.0
"""Timeout in seconds for getting an identity from the CI; the library only limits each read."""


class NoIdentityError(Exception):
    """A supported CI did not provide an identity; `needs_permission` if the GitHub job lacks the permission."""

    def __init__(self, reason: str, *, needs_permission: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.needs_permission = needs_permission


def ambient_identity(audience: str) -> str | None:
    """An OpenID Connect token for an audience; None without a supported CI, NoIdentityError if the CI fails.

    GitHub, Google, Buildkite, GitLab and CircleCI are detected from the environment of this process.
    """
    try:
        import id as identities
        from urllib3.exceptions import HTTPError
    except ImportError as error:
        raise MissingToolError(
            "Trusted publishing needs the library id, which is not installed.", hint="pip install 'cibw[publish]'"
        ) from error
    try:
        return within(_PATIENCE, lambda: identities.detect_credential(audience))
    except identities.GitHubOidcPermissionCredentialError as error:
        raise NoIdentityError(str(error), needs_permission=True) from error
    except (identities.IdentityError, HTTPError, OSError, ValueError, OutageError) as error:
        raise NoIdentityError(str(error)) from error
