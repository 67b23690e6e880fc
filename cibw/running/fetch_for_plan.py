"""Downloads the files of a plan to the host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from cibw.model.downloads import Download
from cibw.model.plan import Fetch
from cibw.running.fetch import Fetching, fetch, is_file_of
from cibw.running.locks import alone
from cibw.running.opened import Fetcher
from cibw.running.removal import put_in_place, remove_tree
from cibw.running.seals import is_intact, seal_tree
from cibw.running.unpack import unpack


def fetcher_of(make_fetching: Callable[[], Fetching]) -> Fetcher:
    """Return a fetcher that uses the network only for missing files. It calls `make_fetching` only then."""

    def have(wanted: Fetch, path: str) -> None:
        target = Path(path)
        if not _is_there(wanted, target):
            _bring(wanted, target, make_fetching())

    return have


def _bring(wanted: Fetch, target: Path, fetching: Fetching) -> None:
    file = fetch(Download(address=wanted.url, sha256=wanted.sha256), fetching)
    with alone(target, fetching.go_on):
        if _is_there(wanted, target):
            return
        if os.path.lexists(target):
            fetching.progress(f"{target} is damaged; removing and recreating it.")
            remove_tree(target)
        partial = target.with_name(f".{target.name}.whole")
        if not wanted.unpack:
            shutil.copyfile(file, partial)
            put_in_place(partial, target)
            return
        remove_tree(partial)
        heart = _heart(unpack(file, partial, fetching.go_on))
        seal_tree(heart)
        put_in_place(heart, target)
        remove_tree(partial)


def _is_there(wanted: Fetch, target: Path) -> bool:
    if wanted.unpack:
        return target.is_dir() and is_intact(target)
    return is_file_of(target, wanted.sha256)


def _heart(directory: Path) -> Path:
    """Return the contents of an archive, without the single top-level directory that most archives have."""
    entries = list(directory.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else directory
