"""Convert between tags and versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import Version

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
