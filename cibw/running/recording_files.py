"""Files in memory, for a recording machine."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from posixpath import basename, dirname, join, normpath


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFile:
    """A regular file."""

    content: bytes
    mode: int = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLink:
    """A symbolic link. `target` is unresolved."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryDir:
    """A directory."""


MemoryEntry = MemoryFile | MemoryLink | MemoryDir


class MemoryFiles:
    """An in-memory file system with absolute POSIX paths."""

    def __init__(self) -> None:
        self._entries: dict[str, MemoryEntry] = {"/": MemoryDir()}

    def entry(self, path: str) -> MemoryEntry | None:
        """Return the entry at a path without following links, or None if there is none."""
        return self._entries.get(normpath(path))

    def read(self, path: str) -> bytes:
        """Return the content of a file, following links. Raise FileNotFoundError or IsADirectoryError."""
        return self._file(path).content

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file, creating its parents."""
        self._place(path, MemoryFile(content=content, mode=mode))

    def make_dir(self, path: str) -> None:
        """Create a directory and its parents. Raise FileExistsError if a file is in the way."""
        path = normpath(path)
        entry = self._entries.get(path)
        if isinstance(entry, MemoryFile):
            raise FileExistsError(path)
        if entry is None:
            self._place(path, MemoryDir())

    def remove(self, path: str) -> None:
        """Remove an entry and everything below it."""
        path = normpath(path)
        for known in [known for known in self._entries if known == path or known.startswith(f"{path}/")]:
            del self._entries[known]

    def find(self, directory: str, pattern: str) -> tuple[str, ...]:
        """Return the sorted directory entries whose names match a glob."""
        directory = normpath(directory)
        below = (path for path in self._entries if path != "/" and dirname(path) == directory)
        return tuple(sorted(path for path in below if fnmatchcase(basename(path), pattern)))

    def copy_in(self, source: Path, target: str) -> None:
        """Copy a file, a link or a directory of this computer to `target`."""
        if source.is_symlink():
            self._place(target, MemoryLink(target=str(source.readlink())))
        elif source.is_dir():
            self.make_dir(target)
            for child in sorted(source.iterdir()):
                self.copy_in(child, join(target, child.name))
        else:
            self.write(target, source.read_bytes(), source.stat().st_mode & 0o777)

    def copy_entry(self, source: Path | bytes, target: str) -> None:
        """Copy a file or a link of this computer to `target`, or create the directory without its contents."""
        if isinstance(source, bytes):
            self.write(target, source)
        elif source.is_dir() and not source.is_symlink():
            self.make_dir(target)
        else:
            self.copy_in(source, target)

    def copy_out(self, source: str, target: Path) -> None:
        """Write a file to this computer."""
        file = self._file(source)
        target.write_bytes(file.content)
        target.chmod(file.mode)

    def _file(self, path: str) -> MemoryFile:
        path = normpath(path)
        match self._entries.get(path):
            case MemoryFile() as file:
                return file
            case MemoryLink(target=target):
                return self._file(join(dirname(path), target))
            case MemoryDir():
                raise IsADirectoryError(path)
            case None:
                raise FileNotFoundError(path)

    def _place(self, path: str, entry: MemoryEntry) -> None:
        path = normpath(path)
        self.make_dir(dirname(path))
        self._entries[path] = entry
