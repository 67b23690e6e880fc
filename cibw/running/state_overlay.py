"""Compares the files of a project with those that before-all found; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from posixpath import dirname

from cibw.limited import parse_json
from cibw.running.state_key import is_of_git


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The hashes of the project's files before before-all, and the files that before-all wrote."""

    files: Mapping[str, str]
    written: frozenset[str]

    def to_json(self) -> bytes:
        """Return this as JSON."""
        return json.dumps({"files": dict(self.files), "written": sorted(self.written)}).encode()

    @classmethod
    def from_json(cls, text: str) -> Found:
        """Parse JSON. Raise ValueError if it is invalid."""
        table: object = parse_json(text)
        match table:
            case {"files": dict(files), "written": [*written]}:
                return cls(
                    files={str(name): str(digest) for name, digest in files.items()},
                    written=frozenset(map(str, written)),
                )
            case _:
                raise ValueError("this is not a list of files")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The changes that turn the files that before-all found into the current ones.

    `gone` are removed, deepest first, and directories only if they are empty. `fresh` are new or changed. If `git`
    is set, git's own directory is replaced as a whole.
    """

    gone: tuple[str, ...] = ()
    fresh: frozenset[str] = frozenset()
    git: bool = False


def difference(found: Found, now: Mapping[str, str]) -> Difference:
    """Return how the current files differ from those that before-all found."""
    old = {name: digest for name, digest in found.files.items() if not is_of_git(name)}
    new = {name: digest for name, digest in now.items() if not is_of_git(name)}
    gone = old.keys() - new.keys()
    emptied = _parents(gone) - _parents(new) - new.keys()
    return Difference(
        gone=tuple(sorted(gone | emptied, reverse=True)),
        fresh=frozenset(name for name, digest in new.items() if old.get(name) != digest),
        git=_git(found.files) != _git(now),
    )


def overwritten(found: Found, now: Mapping[str, str]) -> tuple[str, ...]:
    """Return files that before-all wrote and that have changed since then, so that its state cannot be reused."""
    changes = difference(found, now)
    return tuple(sorted(found.written & {*changes.gone, *changes.fresh}))


def _git(files: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in files.items() if is_of_git(name)}


def _parents(names: Iterable[str]) -> set[str]:
    parents: set[str] = set()
    for name in names:
        parent = dirname(name)
        while parent and parent not in parents:
            parents.add(parent)
            parent = dirname(parent)
    return parents
