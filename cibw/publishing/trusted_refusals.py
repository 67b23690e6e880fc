"""What an index means that gives no token for an identity, and what to change where; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cibw.publishing.trusted_claims import claims_that_matter, reused_workflow, workflow_file
from cibw.publishing.trusted_messages import Fault, clean

_ELSE = "set CIBW_PUBLISH_TOKEN to an API token"
_MEANINGS: Mapping[str, tuple[str, str]] = {
    "invalid-publisher": (
        "No trusted publisher of a project fits it.",
        "Every field must be equal. Each index has publishers of its own: one at the test index, one at the real one.",
    ),
    "invalid-pending-publisher": (
        "A pending publisher fits it, but its project can't be made: the name is taken by now.",
        "Whoever owns the project adds the publisher to it (Manage, Publishing); remove the pending one.",
    ),
    "invalid-token": (
        "The index does not believe it: it has ended, is for another index, or is signed by nobody it knows.",
        "Run the job again. On GitLab, `aud` of id_tokens must be the audience of this very index.",
    ),
    "invalid-reuse-token": (
        "It was exchanged for a token before, and each is good for one.",
        "Run the job again. Where the job publishes twice, give each upload an identity of its own.",
    ),
    "not-enabled": (
        "The index has switched off trusted publishing for this CI.",
        f"Look at the index's status page and try again later, or {_ELSE}.",
    ),
    "invalid-payload": (
        "The index can't read it, or does not trust the CI that gave it.",
        f"See which CIs the index takes, or add your own CI to your organisation there; else {_ELSE}.",
    ),
}
"""The codes of the index: what each means, and what to do."""

_UNKNOWN = ("The index gives a reason that cibw does not know.", f"See what the index says of it, or {_ELSE}.")


def refused(host: str, codes: Mapping[str, str], claims: Mapping[str, str]) -> Fault:
    """An index gave no token; `codes` are those of its answer, with its descriptions."""
    lines = [f"{host} gives no token for this identity."]
    hints = [*_of_event(claims)]
    for code, description in codes.items():
        meaning, hint = _MEANINGS.get(code, _UNKNOWN)
        lines.append(f"{meaning} ({code}: {clean(description)})" if description else f"{meaning} ({code})")
        hints += [*(_of_publisher(claims) if code == "invalid-publisher" else ()), hint]
    matter = claims_that_matter(claims)
    if matter:
        lines += ["The identity says:", *(f"* {name}: {clean(value)}" for name, value in matter.items())]
    return Fault(message="\n".join(lines), hint="\n".join(dict.fromkeys(hints)))


def _of_event(claims: Mapping[str, str]) -> Iterator[str]:
    if claims.get("event_name") == "pull_request_target":
        yield "Runs of pull_request_target get no token: publish from tags, releases or pushes."


def _of_publisher(claims: Mapping[str, str]) -> Iterator[str]:
    reused = reused_workflow(claims)
    if reused:
        called, calling = reused
        yield (
            f"The job stands in the reusable workflow {called}, called by {calling}, and indexes do not support that. "
            f"Move the publishing job into {workflow_file(calling)}, and register that file."
        )
    yield (
        "Register a trusted publisher at the index (Manage, Publishing; for a project that is not there yet, "
        f"a pending one){_fields(claims)}."
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
