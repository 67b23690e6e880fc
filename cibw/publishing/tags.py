"""Tags and the versions that they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import Version

_USUAL = ("v{version}", "{version}", "release-{version}", "{name}-{version}", "{name}-v{version}", "{name}/v{version}")
"""What tags look like elsewhere; `{name}` is the project's."""
_BEFORE_VERSION = re.compile(r"(?:|[\w./+=@:-]*[/+=@:_-])[vV]?", re.ASCII)
_OF_ANY_PROJECT = frozenset(["", "r", "rel", "release", "releases", "tag", "tags", "ver", "version", "versions"])


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCustom:
    """The form of a project's tags, the newest tag that has it, and whether its name is in them."""

    tag_format: str
    tag: str
    is_named: bool = True


def tag_for(tag_format: str, version: Version) -> str:
    """The tag that a release of a version wants."""
    return tag_format.replace("{version}", str(version))


def version_of(tag: str, tag_format: str) -> Version | None:
    """The version (PEP 440) of a tag of a format with `{version}` in it; None where the tag is not of the format."""
    before, _, after = tag_format.partition("{version}")
    if not (tag.startswith(before) and tag.endswith(after) and len(tag) > len(before) + len(after)):
        return None
    text = tag[len(before) : len(tag) - len(after)]
    # PEP 440 reads v1.0 as 1.0; a format that has no v does not.
    if not text[0].isdecimal():
        return None
    try:
        return Version(text)
    except ValueError:
        # Besides InvalidVersion there is that of a number with more digits than Python reads.
        return None


def format_of(tag: str, project: str, version: Version) -> str:
    """The usual format by which a tag stands for just this version; empty where there is none."""
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
    """The form of the tags of a repository, by the tag of the highest version; None where no tag is of a version.

    Tags with the name of the project count before those without a name. Those with another name count last, and only
    where the project is alone in its repository.
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
    """What stands before the version of a tag, and the version; None where it has no version."""
    for start, letter in enumerate(tag):
        prefix = tag[:start]
        version = version_of(tag[start:], "{version}") if letter.isdecimal() else None
        if version and _BEFORE_VERSION.fullmatch(prefix):
            # In nightly-2024-01-01, 01-01 is no version.
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
