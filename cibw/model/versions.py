"""The source of a project's versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum

from packaging.utils import canonicalize_name

_NAME = re.compile(r"\s*([A-Za-z0-9._-]+)")

VERSION_TOOLS = frozenset(
    "flit-scm hatch-vcs pbr poetry-dynamic-versioning setuptools-git-versioning setuptools-scm uv-dynamic-versioning "
    "vcs-versioning versioneer versioningit".split()
)
"""Build requirements that derive a project's version from git tags."""


class VersionSource(Enum):
    """Whether the version is written in a file or derived from the commit.

    With `COMMIT_LOCAL`, versions between tags have a local part (`+...`), which indexes reject.
    """

    FILES = "files"
    COMMIT = "commit"
    COMMIT_LOCAL = "commit with a local part"


def required_names(requires: Iterable[str]) -> Iterator[str]:
    """The normalized names of requirements (PEP 508)."""
    for text in requires:
        name = _NAME.match(text)
        if name:
            yield canonicalize_name(name[1])
