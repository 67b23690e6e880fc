"""Hashes the files of a project. A file that has not changed is read only once."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from cibw.running.machine import Tree
from cibw.running.store_files import read_table, write_table

Hash = Callable[[bytes], str]
Look = list[int]
"""The mode, and for a file the values that change when it is written to."""
MemoEntry = tuple[str, Look]
# Git data that changes without a change of the project. The index is included as a listing.
_OF_GIT_ALONE = re.compile(
    r"(.*/)?\.git(/modules(/(?!refs/)[^/]+)+)?/(objects|logs|lfs|index|FETCH_HEAD|ORIG_HEAD|COMMIT_EDITMSG|gc\.(log|pid))(/|$)|(.*/)?\.git/.*\.lock$"
)
_SETTLED_NANOSECONDS = 2_000_000_000
_LARGE = 64 << 20
_BLOCK = 1 << 20


class ProjectState:
    """The contents of a project's files at one moment.

    `hashes` cover kind, mode and content of each file; `listing` is git's index as text. Hashes are cached in the
    file `memo`, by size, inode and times. Raises OSError if a file cannot be read.
    """

    def __init__(self, tree: Tree, listing: str, make_hash: Hash, memo: Path) -> None:
        entries = {name: tree.entry(name) for name in _that_count(tree.files)}
        self._paths = {name: entry for name, entry in entries.items() if isinstance(entry, Path)}
        self._seen = {name: look_at(path) for name, path in self._paths.items()}
        known = load_memo(memo)
        fresh = {
            name: read_entry(self._paths[name], seen, make_hash, known.get(name)) for name, seen in self._seen.items()
        }
        made = {name: make_hash(entry) for name, entry in entries.items() if isinstance(entry, bytes)}
        self.hashes = {**{name: digest for name, (digest, _seen) in fresh.items()}, **made}
        if listing:
            self.hashes["git's index"] = make_hash(listing.encode("utf-8", "surrogateescape"))
        settled = {name: entry for name, entry in fresh.items() if entry[1]}
        if settled != known:
            write_table(memo, settled)

    @property
    def links(self) -> Mapping[str, str]:
        """Return the targets of symbolic links by name."""
        names = (name for name, seen in self._seen.items() if stat.S_ISLNK(seen[0]))
        return {name: str(self._paths[name].readlink()) for name in names}

    @property
    def has_changed(self) -> bool:
        """Return whether a file was written to since then, even if its content is the same."""
        try:
            return any(look_at(self._paths[name]) != seen for name, seen in self._seen.items())
        except FileNotFoundError:
            return True


def digest_of(hashes: Mapping[str, str], make_hash: Hash) -> str:
    """Return one hash for all files."""
    return make_hash(json.dumps(sorted(hashes.items())).encode())


def _that_count(names: Iterable[str]) -> Iterable[str]:
    return (name for name in names if ".git/" not in name or not _OF_GIT_ALONE.match(name))


def look_at(path: Path) -> Look:
    """Return the mode and times of an entry without following links."""
    state = path.lstat()
    if stat.S_ISDIR(state.st_mode):
        return [state.st_mode]
    return [state.st_mode, state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns]


def _content(path: Path, size: int) -> bytes:
    """Return the content of a file, or a substitute if it is too large for memory."""
    if size <= _LARGE:
        return path.read_bytes()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return b"SHA-256 of a large file " + digest.digest()


def read_entry(path: Path, seen: Look, make_hash: Hash, known: MemoEntry | None) -> MemoEntry:
    """Return the hash of a file, with its times if they reliably show later changes."""
    if known is not None and known[1] == seen:
        return known
    kind = f"{seen[0]:o} "
    if stat.S_ISLNK(seen[0]):
        return make_hash(f"{kind}{path.readlink()}".encode("utf-8", "surrogateescape")), []
    if not stat.S_ISREG(seen[0]):
        return make_hash(kind.encode()), []
    digest = make_hash(kind.encode() + _content(path, seen[1]))
    # A file that was just changed may change again within one clock tick of the file system.
    is_settled = time.time_ns() - max(seen[3:]) > _SETTLED_NANOSECONDS
    return digest, seen if is_settled else []


def load_memo(memo: Path) -> dict[str, MemoEntry]:
    """Return the cached hashes of an earlier run, as far as they can be read."""
    found: dict[str, MemoEntry] = {}
    for name, entry in read_table(memo).items():
        match entry:
            case [str(digest), [*look]]:
                found[name] = digest, [number for number in look if isinstance(number, int)]
            case _:
                pass
    return found
