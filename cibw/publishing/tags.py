"""Tags and the versions that they stand for."""

from __future__ import annotations

from packaging.utils import canonicalize_name
from packaging.version import Version

_USUAL = ("v{version}", "{version}", "release-{version}", "{name}-{version}", "{name}-v{version}", "{name}/v{version}")
"""What tags look like elsewhere; `{name}` is the project's."""


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
