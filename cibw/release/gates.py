"""The gates of a release: tag, branch and kind of run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from packaging.utils import canonicalize_name
from packaging.version import Version

from cibw.ci import CiFacts, CiProvider
from cibw.errors import GateError
from cibw.model.release import Gates

# Convert between tags and versions.

_USUAL = ("v{version}", "{version}", "release-{version}", "{name}-{version}", "{name}-v{version}", "{name}/v{version}")
"""Common tag formats of other projects; `{name}` is the project name."""
_BEFORE_VERSION = re.compile(r"(?:|[\w./+=@:-]*[/+=@:_-])[vV]?", re.ASCII)
_OF_ANY_PROJECT = frozenset(["", "r", "rel", "release", "releases", "tag", "tags", "ver", "version", "versions"])


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCustom:
    """The format of a project's tags, the newest tag with it, and whether it includes the project name."""

    tag_format: str
    tag: str
    is_named: bool = True


def tag_for(tag_format: str, version: Version) -> str:
    """The tag for a release of a version."""
    return tag_format.replace("{version}", str(version))


def version_of(tag: str, tag_format: str) -> Version | None:
    """The version (PEP 440) of a tag of a format with `{version}` in it; None if the tag does not match."""
    before, _, after = tag_format.partition("{version}")
    if not (tag.startswith(before) and tag.endswith(after) and len(tag) > len(before) + len(after)):
        return None
    text = tag[len(before) : len(tag) - len(after)]
    # PEP 440 parses v1.0 as 1.0, but a format without v must not match it.
    if not text[0].isdecimal():
        return None
    try:
        return Version(text)
    except ValueError:
        # Includes InvalidVersion and the error for numbers with more digits than Python parses.
        return None


def format_of(tag: str, project: str, version: Version) -> str:
    """The common format in which a tag means exactly this version, or an empty string."""
    for tag_format in _USUAL:
        before, _, after = tag_format.partition("{version}")
        if "{name}" in before:
            name, found, rest = _named(tag, before.removeprefix("{name}"))
            if not found or canonicalize_name(name) != canonicalize_name(project):
                continue
            before, tag_version = tag[: len(tag) - len(rest)], version_of(rest, "{version}")
        else:
            tag_version = version_of(tag, tag_format)
        if tag_version == version:
            return f"{before}{{version}}{after}"
    return ""


def _named(tag: str, separator: str) -> tuple[str, bool, str]:
    name, found, rest = tag.rpartition(separator)
    return name, bool(found), rest


def custom_of(tags: Iterable[str], project: str, *, is_alone: bool) -> TagCustom | None:
    """The format of a repository's tags, from the tag with the highest version; None if no tag has a version.

    Tags with the project name take precedence over those without a name. Tags with another name come last, and only
    if the project is the only one in its repository.
    """
    found: dict[int, tuple[Version, TagCustom]] = {}
    for tag in tags:
        prefix, version = _split(tag, project)
        rank = _rank(prefix, project)
        if version is not None and (rank not in found or found[rank][0] < version):
            found[rank] = version, TagCustom(tag_format=f"{prefix}{{version}}", tag=tag, is_named=rank == _NAMED)
    ranks = sorted(rank for rank in found if rank < _FOREIGN or is_alone)
    return found[ranks[0]][1] if ranks else None


_NAMED, _GENERAL, _FOREIGN = range(3)


def _split(tag: str, project: str) -> tuple[str, Version | None]:
    """The text before the version of a tag, and the version, or None."""
    for start, letter in enumerate(tag):
        prefix = tag[:start]
        version = version_of(tag[start:], "{version}") if letter.isdecimal() else None
        if version and _BEFORE_VERSION.fullmatch(prefix):
            # In nightly-2024-01-01, 01-01 is not a version.
            has_digits = any(one.isdecimal() for one in prefix)
            return prefix, None if has_digits and _rank(prefix, project) != _NAMED else version
    return "", None


def _rank(prefix: str, project: str) -> int:
    bare = _word(prefix)
    word = _word(bare.removesuffix("v").removesuffix("V")) if bare[-2:-1] in _SEPARATORS else bare
    if canonicalize_name(word) == canonicalize_name(project):
        return _NAMED
    return _GENERAL if word.lower() in {*_OF_ANY_PROJECT, "v"} else _FOREIGN


_SEPARATORS = ("", "-", "_", "/", "@", "=", ".", "+", ":")


def _word(text: str) -> str:
    return text.strip("".join(_SEPARATORS))


# Decide whether a release is allowed here.

_UNSAFE_EVENT = "pull_request_target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a release is not allowed, and what to change."""

    message: str
    hint: str


def gate_error(refused: tuple[Refusal, ...]) -> GateError:
    """The error for one or more reasons."""
    mark = "* " if len(refused) > 1 else ""
    message = "\n".join(f"{mark}{one.message}" for one in refused)
    return GateError(message, hint="\n".join(f"{mark}{one.hint}" for one in refused))


def refusals(gates: Gates, facts: CiFacts, project: str, version: Version) -> Iterator[Refusal]:
    """All reasons against a release."""
    yield from _of_pull_request(gates, facts)
    if gates.require_tag:
        yield from _of_tag(gates, facts, project, version)
    if gates.branches:
        yield from _of_branch(gates, facts, version)


def tag_refusal(tags: tuple[str, ...], tag_format: str, project: str, version: Version) -> Refusal | None:
    """The refusal if none of the tags matches the version; versions are compared by PEP 440."""
    wanted = tag_for(tag_format, version)
    if any(version_of(tag, tag_format) == version for tag in tags):
        return None
    for tag in tags:
        near = format_of(tag, project, version)
        if near:
            return Refusal(
                message=f"The tag {tag} is for version {version}, but does not match tag-format, {tag_format!r}.",
                hint=f"Set tag-format = {near!r} in [tool.cibw], or rename the tag to {wanted}.",
            )
    told = {tag: version_of(tag, tag_format) for tag in tags}
    shown = ", ".join(
        f"{tag} is for version {found}" if found else f"{tag} has another format" for tag, found in told.items()
    )
    return Refusal(
        message=f"The files have version {version}, whose tag is {wanted} (tag-format is {tag_format!r}); {shown}.",
        hint="If the version comes from git, fetch the tags and build from the tagged commit. "
        f"Otherwise set the version to that of the tag, or tag this commit {wanted}.",
    )


def _of_pull_request(gates: Gates, facts: CiFacts) -> Iterator[Refusal]:
    if facts.event == _UNSAFE_EVENT:
        yield Refusal(
            message=f"The run was started by {_UNSAFE_EVENT}, which gives untrusted code the repository's rights.",
            hint="Publish from a workflow that runs on tags, releases or pushes; no option allows this event.",
        )
    elif facts.is_pull_request and gates.never_from_pull_request:
        yield Refusal(
            message=f"The run of {facts.provider.value} is for a pull request{_from_fork(facts)}.",
            hint="Run the publishing job only for tags or pushes; "
            "never-from-pull-request = false in [tool.cibw] allows this run.",
        )


def _from_fork(facts: CiFacts) -> str:
    return " from another repository" if facts.is_fork else ""


def _of_tag(gates: Gates, facts: CiFacts, project: str, version: Version) -> Iterator[Refusal]:
    if facts.tags:
        refusal = tag_refusal(facts.tags, gates.tag_format, project, version)
        if refusal:
            yield refusal
        return
    wanted = tag_for(gates.tag_format, version)
    place = f"The branch {facts.branch}" if facts.branch else "The commit"
    yield Refusal(
        message=f"A release must come from a tag (require-tag). {place} has no tag.",
        hint=f"Tag the commit and push the tag: git tag {wanted} && git push origin {wanted}{_how_told(facts)}",
    )


def _how_told(facts: CiFacts) -> str:
    match facts.provider:
        case CiProvider.GOOGLE:
            return "\nPass TAG_NAME to the step: env: ['TAG_NAME=$TAG_NAME']."
        case CiProvider.OTHER:
            return "\nIf the CI runs for a tag, make it fetch git tags."
        case _:
            return ""


def _of_branch(gates: Gates, facts: CiFacts, version: Version) -> Iterator[Refusal]:
    if facts.branch and any(fnmatchcase(facts.branch, pattern) for pattern in gates.branches):
        return
    # A run for a tag has no branch; the release's own tag is accepted instead.
    if any(version_of(tag, gates.tag_format) == version for tag in facts.tags):
        return
    allowed = ", ".join(gates.branches)
    here = f"This is {facts.branch}" if facts.branch else f"{_of_what(facts)} has no branch"
    yield Refusal(
        message=f"Releases must come from {allowed} (publish-branches), or from the tag of their version. {here}.",
        hint=f"Publish from one of them, or from the tag {tag_for(gates.tag_format, version)}; "
        "or add the branch to publish-branches in [tool.cibw].",
    )


def _of_what(facts: CiFacts) -> str:
    return f"The run for {facts.tag}" if facts.tag else "This checkout"
