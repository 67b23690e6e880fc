"""Identifies the source of a release across computers."""

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
    """Return the hashes of a project's files by name, and of its commit and tags. They are cached in `memo`.

    Git's own data, which differs between clones, and files left by Python and builds are excluded.
    """
    tree = project_files(runner, root, excluded)
    files = tuple(name for name in tree.files if ".git" not in name.split("/") and not is_left_by_builds(name))
    return ProjectState(Tree(root=root, files=files), commit_of(runner, root), _sha256, memo).hashes


def source_digest(hashes: Mapping[str, str]) -> str:
    """Return one SHA-256 for all of them."""
    return digest_of(hashes, _sha256)


class KnownSources:
    """Records which sources, after a build, correspond to the source that the build started with.

    A build that leaves files in the project does not make it another source on this computer. On other computers
    the source is identified by its state before the build.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def origin(self, digest: str) -> str:
        """Return the digest before the build that left this source, or the digest itself if there was none."""
        return read_texts(self._path).get(digest, digest)

    def remember(self, before: str, after: str) -> None:
        """Record the source before and after a build."""
        if before != after:
            write_table(self._path, {**read_texts(self._path), after: before})


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files that have changed or been removed."""
    return tuple(name for name in before if after.get(name) != before[name])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
