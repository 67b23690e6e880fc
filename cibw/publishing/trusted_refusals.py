"""Explain why an index did not issue a token for an identity; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cibw.publishing.trusted_claims import claims_that_matter, reused_workflow, workflow_file
from cibw.publishing.trusted_messages import Fault, clean

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


def refused(host: str, codes: Mapping[str, str], claims: Mapping[str, str]) -> Fault:
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
    return Fault(message="\n".join(lines), hint="\n".join(dict.fromkeys(hints)))


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
