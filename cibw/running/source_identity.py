"""What tells one source of a release from another, also on another computer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from cibw.running.git import Runner
from cibw.running.machine import Tree
from cibw.running.source import project_files
from cibw.running.source_digest import ProjectState, digest_of
from cibw.running.source_state import commit_of, is_left_by_builds
from cibw.running.store_files import read_texts, write_table


def source_hashes(runner: Runner, root: Path, excluded: tuple[Path, ...], memo: Path) -> Mapping[str, str]:
    """The hashes of a project's files by their names, and of its commit and tags; what was read is kept in `memo`.

    What git keeps for itself differs between two clones, and what Python and builds leave comes and goes.
    """
    tree = project_files(runner, root, excluded)
    files = tuple(name for name in tree.files if ".git" not in name.split("/") and not is_left_by_builds(name))
    return ProjectState(Tree(root=root, files=files), commit_of(runner, root), _sha256, memo).hashes


def source_digest(hashes: Mapping[str, str]) -> str:
    """One SHA-256 for all of them."""
    return digest_of(hashes, _sha256)


class KnownSources:
    """Which sources, as a build has left them, are the ones that it was started with, kept in a file.

    So a build that leaves files in the project does not make another source of it on this computer, while on any
    other the source is known by what it was before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def origin(self, digest: str) -> str:
        """The digest before the build that left a source like this; the digest itself where there was none."""
        return read_texts(self._path).get(digest, digest)

    def remember(self, before: str, after: str) -> None:
        """Note what a build has left."""
        if before != after:
            write_table(self._path, {**read_texts(self._path), after: before})


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Which of the files that were there before have changed since, or have gone."""
    return tuple(name for name in before if after.get(name) != before[name])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
