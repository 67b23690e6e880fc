"""Which entries an archive may hold; pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

_DRIVE = re.compile(r"[A-Za-z]:")
_LINKS_IN_A_ROW = 100
"""More than any system follows."""
Parts = tuple[str, ...]


class UnsafeEntryError(ValueError):
    """An entry that could reach out of the directory that an archive is unpacked to."""


class EntryKind(Enum):
    """What an entry of an archive is."""

    FILE = "a file"
    DIRECTORY = "a directory"
    SYMBOLIC_LINK = "a symbolic link"
    HARD_LINK = "a hard link"
    SPECIAL = "a device or the like"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry: its name as the archive has it; `target` is set for links, and relative to the root for hard ones."""

    name: str
    kind: EntryKind
    target: str = ""


class Listing:
    """Judges the entries of an archive one after the other, each before it is unpacked.

    No entry may go through a link or stand in another one's place, so that nothing is written outside
    while the archive is unpacked. Names count as the same where a file system may take them so.
    """

    def __init__(self) -> None:
        self._directories: set[Parts] = {()}
        self._files: set[Parts] = set()
        self._links: dict[Parts, str] = {}

    def add(self, entry: Entry) -> None:
        """Judge an entry; UnsafeEntryError."""
        path = _key(_parts(entry.name))
        parents = [path[:length] for length in range(len(path))]
        if any(parent in self._links or parent in self._files for parent in parents):
            raise UnsafeEntryError(f"{entry.name!r} goes through a link or a file")
        self._directories.update(parents)
        match entry.kind:
            case EntryKind.DIRECTORY:
                self._demand_free(entry, path in self._files or path in self._links)
                self._directories.add(path)
            case EntryKind.FILE | EntryKind.HARD_LINK | EntryKind.SYMBOLIC_LINK:
                self._demand_free(entry, path in self._directories or path in self._files or path in self._links)
                self._add_file(entry, path)
            case EntryKind.SPECIAL:
                raise UnsafeEntryError(f"{entry.name!r} is {entry.kind.value}")

    def finish(self) -> None:
        """Judge the links, once all entries are known; UnsafeEntryError."""
        for path, target in self._links.items():
            if not self._stays_inside(path[:-1], target):
                raise UnsafeEntryError(f"the link {'/'.join(path)!r} leads out, to {target!r}")

    def _add_file(self, entry: Entry, path: Parts) -> None:
        if entry.kind is EntryKind.SYMBOLIC_LINK:
            if entry.target.startswith("/") or "\\" in entry.target or _DRIVE.match(entry.target):
                raise UnsafeEntryError(f"the link {entry.name!r} leads out, to {entry.target!r}")
            self._links[path] = entry.target
            return
        if entry.kind is EntryKind.HARD_LINK and _key(_parts(entry.target)) not in self._files:
            raise UnsafeEntryError(f"the link {entry.name!r} leads to {entry.target!r}, which is no file before it")
        self._files.add(path)

    def _demand_free(self, entry: Entry, is_taken: bool) -> None:
        if is_taken:
            raise UnsafeEntryError(f"{entry.name!r} takes the place of another entry")

    def _stays_inside(self, directory: Parts, target: str) -> bool:
        """Follow a link as the system would, link by link; one that leads in a circle stays inside."""
        reached, left, followed = list(directory), _split(target), 0
        while left and followed <= _LINKS_IN_A_ROW:
            part, left = left[0], left[1:]
            if part == "..":
                if not reached:
                    return False
                reached.pop()
                continue
            further = self._links.get(_key((*reached, part)))
            if further is None:
                reached.append(part)
            else:
                left, followed = (*_split(further), *left), followed + 1
        return True


def _parts(name: str) -> Parts:
    parts = _split(name)
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in parts or _DRIVE.match(name):
        raise UnsafeEntryError(f"{name!r} leads out")
    return parts


def _split(name: str) -> Parts:
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _key(parts: Parts) -> Parts:
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)
