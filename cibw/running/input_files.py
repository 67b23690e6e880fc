"""Hashes files outside the project that a build reads by name."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cibw.running.named_paths import names_in, relative_names_in
from cibw.running.source_digest import Hash, Look, MemoEntry, load_memo, look_at, read_entry
from cibw.running.store_files import write_table

_MOST_ENTRIES = 5_000
_MOST_BYTES = 64_000_000
_LONGEST_TEXT = 262_144
_MOST_FILES = 2_000
_MOST_REMEMBERED = 50_000
_OF_THE_SYSTEM = re.compile(r"/(usr(?!/local)|bin|sbin|lib\w*|etc|boot|var|System|Library|nix/store)(/|$)")
_NEVER = re.compile(r"/(dev(?!/shm/)|proc|sys)(/|$)|/run(/(user|systemd|dbus|udev|lock)(/|$)|$)")
_HOLDS_EVERYTHING = frozenset(
    Path(name)
    for name in (
        *("/", "/usr", "/usr/local", "/opt", "/home", "/Users", "/root", "/tmp", "/var", "/var/tmp", "/mnt", "/etc"),  # noqa: S108
        *("/bin", "/sbin", "/lib", "/lib64", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/share"),
        *("/usr/include", "/usr/local/bin", "/usr/local/share", "/opt/homebrew", "/opt/homebrew/bin", "C:/"),
    )
)
_PASSING = frozenset({"__pycache__", ".git"})


class TooLargeError(Exception):
    """A directory contains too many files to hash in each run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Hashes by file and directory name, and reasons why something could not be hashed."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


class InputFiles:
    """Hashes files and directories by name, for one run. May be shared between threads.

    Hashes are cached in the file `memo`. `project` and its parents are skipped, because the project's files have
    their own hashes.
    """

    def __init__(self, project: Path, make_hash: Hash, memo: Path, variables: Mapping[str, str]) -> None:
        self._project = project
        self._hash = make_hash
        self._memo = memo
        self._variables = variables
        self._known = load_memo(memo)
        self._fresh: dict[str, MemoEntry] = {}
        self._looks: dict[Path, Look] = {}
        self._done: dict[Path, str | None] = {}
        self._lock = threading.Lock()
        self._everything = {*_HOLDS_EVERYTHING, Path.home(), Path(tempfile.gettempdir())}

    def follow(self, names: Mapping[str, str], *, is_strict: bool) -> Followed:
        """Return the hashes of existing files under absolute names, which are given with the places that name them.

        Text files are searched for further file names. A directory that is too large is a reason if `is_strict` is
        set.
        """
        with self._lock:
            found = {name: self._closure(Path(name)) for name in names}
            self._save()
        hashes: dict[str, str] = {}
        for some in found.values():
            hashes.update(some or {})
        too_large = [name for name, some in found.items() if some is None and not _OF_THE_SYSTEM.match(name)]
        reasons = (f"{names[name]} names {name}, which contains more than {_MOST_ENTRIES} files" for name in too_large)
        return Followed(hashes=hashes, reasons=tuple(reasons) if is_strict else ())

    @property
    def has_changed(self) -> bool:
        """Return whether a file was written to since it was read."""
        with self._lock:
            return any(_look(path) != look for path, look in self._looks.items())

    def _closure(self, start: Path) -> dict[str, str] | None:
        """Return the hashes of an entry and of the files that it names, or None if a directory is too large."""
        found: dict[str, str] = {}
        waiting = [start]
        while waiting and len(found) < _MOST_FILES:
            path = waiting.pop()
            if str(path) in found or not self._is_followed(path):
                continue
            identity = self._identity(path)
            if identity is None:
                return None
            found[str(path)] = identity
            waiting += self._named_by(path)
        return found

    def holds_everything(self, path: Path) -> bool:
        """Return whether a directory is too general to be meant as a whole, or contains the project."""
        return path in self._everything or self._project.is_relative_to(path)

    def _is_followed(self, path: Path) -> bool:
        return not _NEVER.match(str(path)) and not self.holds_everything(path) and os.path.lexists(path)

    def _named_by(self, path: Path) -> Iterator[Path]:
        """Yield the existing files that a text file names by absolute path or relative to itself."""
        text = text_of(path)
        if not text:
            return
        for name in names_in(text, self._variables).absolute:
            if _is_file(Path(name)):
                yield Path(name)
        for name in relative_names_in(text):
            if _is_file(path.parent / name):
                yield Path(os.path.normpath(path.parent / name))

    def _identity(self, path: Path) -> str | None:
        if path not in self._done:
            self._done[path] = self._read(path)
        return self._done[path]

    def _read(self, path: Path) -> str | None:
        self._looks[path] = _look(path)
        try:
            real = path.resolve()
            return self._directory(real) if real.is_dir() else self._file(real)
        except TooLargeError:
            return None
        except (OSError, RuntimeError) as error:
            # Missing, a link loop, or not readable by this user. That may change, too.
            return self._hash(f"{type(error).__name__}".encode())

    def _directory(self, root: Path) -> str:
        entries = list(_entries(root))
        size = sum(found.st_size for _name, _path, found in entries if stat.S_ISREG(found.st_mode))
        lines = []
        for name, path, found in entries:
            self._looks[path] = _look(path)
            if not stat.S_ISREG(found.st_mode):
                lines.append(f"{name} {found.st_mode}")
            elif size > _MOST_BYTES:
                lines.append(f"{name} {found.st_mode} {found.st_size} {found.st_ino} {found.st_ctime_ns}")
            else:
                lines.append(f"{name} {self._file(path.resolve())}")
        self._looks[root] = _look(root)
        return self._hash("\n".join(sorted(lines)).encode("utf-8", "surrogateescape"))

    def _file(self, path: Path) -> str:
        look = look_at(path)
        self._looks[path] = _look(path)
        if stat.S_ISREG(look[0]) and look[1] > _MOST_BYTES:
            return self._hash(repr(look).encode())
        entry = read_entry(path, look, self._hash, self._known.get(str(path)))
        if entry[1]:
            self._fresh[str(path)] = entry
        return entry[0]

    def _save(self) -> None:
        both = {**self._known, **self._fresh}
        if both != self._known:
            self._known = both if len(both) <= _MOST_REMEMBERED else dict(self._fresh)
            with suppress(OSError):
                write_table(self._memo, self._known)


def _entries(root: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield the entries below a directory, following links. Raise TooLargeError if there are too many."""
    seen = {root}
    waiting = [("", root)]
    count = 0
    while waiting:
        prefix, directory = waiting.pop()
        for child in sorted(directory.iterdir()):
            if child.name in _PASSING:
                continue
            count += 1
            if count > _MOST_ENTRIES:
                raise TooLargeError
            name = f"{prefix}{child.name}"
            try:
                found = child.stat()
            except OSError:
                found = child.lstat()
            yield name, child, found
            if stat.S_ISDIR(found.st_mode) and (real := child.resolve()) not in seen:
                seen.add(real)
                waiting.append((f"{name}/", real))


def text_of(path: Path) -> str:
    """Return the content of a small text file that does not belong to the system, otherwise an empty string."""
    try:
        found = path.stat()
        is_read = stat.S_ISREG(found.st_mode) and found.st_size <= _LONGEST_TEXT and not _OF_THE_SYSTEM.match(str(path))
        content = path.read_bytes() if is_read else b""
    except OSError:
        return ""
    return "" if b"\0" in content else content.decode("utf-8", "surrogateescape")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _look(path: Path) -> Look:
    """Return values that change when a file or a directory listing changes, or nothing if it is missing."""
    try:
        found = path.lstat()
        return [found.st_mode, found.st_mtime_ns] if stat.S_ISDIR(found.st_mode) else look_at(path)
    except OSError:
        return []
