"""Compares files of a work tree with git's index, without git."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cibw.running.git import unquote

SUBMODULE = "160000"
_LINK = "120000"
_PROGRAM = "100755"
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """A line of `git ls-files --stage -t`.

    `tag` says whether git checks the file. It does not for a lowercase letter (assume unchanged) or S (skip).
    """

    name: str
    tag: str
    mode: str
    hash: str
    stage: str

    @classmethod
    def parse(cls, line: str) -> IndexEntry:
        """Parse the tag, mode, hash and stage, and the path after a tab."""
        facts, _tab, name = line.partition("\t")
        tag, mode, digest, stage = facts.split()
        return cls(name=unquote(name), tag=tag, mode=mode, hash=digest, stage=stage)

    @property
    def identity(self) -> tuple[str, str]:
        """Return mode and hash. A conflicted file matches no commit."""
        return (self.mode, self.hash) if self.stage == "0" else ("", self.stage)

    @property
    def is_checked(self) -> bool:
        """Return whether the file in the work tree should match the index."""
        return self.tag.isupper() and self.tag != "S"


def kind_differs(entry: IndexEntry, path: Path, *, has_modes: bool) -> bool:
    """Return whether a file is missing, or has another kind or executable bit, if the file system stores these."""
    try:
        found = path.lstat()
    except OSError:
        return True
    if entry.mode == _LINK:
        # Without permission to create links, git writes a file.
        return not (stat.S_ISLNK(found.st_mode) or (not has_modes and stat.S_ISREG(found.st_mode)))
    if not stat.S_ISREG(found.st_mode):
        return True
    is_program = bool(found.st_mode & stat.S_IXUSR)
    return has_modes and is_program != (entry.mode == _PROGRAM)


def content_differs(entry: IndexEntry, path: Path) -> bool:
    """Return whether the content of a file differs, ignoring line endings."""
    if entry.mode == SUBMODULE:
        return False
    content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
    return entry.hash not in {_hash(content, entry), _hash(content.replace(b"\r\n", b"\n"), entry)}


def _hash(content: bytes, entry: IndexEntry) -> str:
    make = hashlib.sha256 if len(entry.hash) == _SHA256_DIGITS else hashlib.sha1
    return make(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
