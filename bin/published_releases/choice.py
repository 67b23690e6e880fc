"""Which files of a published release are checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

_GROUPS = ("manylinux", "musllinux", "macosx", "win", "any")


def choose(filenames: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Groups of files of which one is checked: the sdist, and wheels of each kind of platform.

    The order within a group depends on nothing but the names, and favours no Python and no processor.
    """
    groups: dict[str, list[str]] = {}
    for filename in filenames:
        groups.setdefault(_group(filename), []).append(filename)
    for name in ("sdist", *_GROUPS):
        if name in groups:
            yield tuple(sorted(groups[name], key=lambda one: hashlib.sha256(one.encode()).digest()))


def _group(filename: str) -> str:
    if filename.endswith(".tar.gz"):
        return "sdist"
    try:
        _, _, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return ""
    platforms = {tag.platform for tag in tags}
    return next((group for group in _GROUPS if any(one.startswith(group) for one in platforms)), "")
