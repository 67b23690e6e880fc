"""A machine that does nothing: it answers from a script and keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from posixpath import basename, dirname, join, normpath

from cibw.errors import assert_never
from cibw.execution.machine import OutputSink, Tree
from cibw.model.templates import CommandRequest, Outcome

# Files in memory, for a recording machine.


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


# A machine that replays a script and records requests.


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of a command: its output, its exit code, and the files that it creates (absolute POSIX paths)."""

    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Something was copied to the machine."""

    source: Path | bytes | Tree
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """A file was copied from the machine."""

    source: str
    target: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """A file or a directory was removed."""

    path: str


Asked = CommandRequest | Put | Get | Remove
Script = Mapping[tuple[str, ...], Answer] | Callable[[CommandRequest], Answer]
"""Results by the longest matching beginning of the argv, or from a function. Other commands do nothing."""


class RecordingMachine:
    """A scripted machine with files in memory. May be shared between threads.

    `asked` contains the requests and the files put, got and removed, in order.
    """

    def __init__(self, script: Script | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.asked: list[Asked] = []
        self.files = MemoryFiles()
        self._script = script if script is not None else {}
        self._environment = dict(environment or {"PATH": "/usr/bin:/bin"})
        self._lock = threading.Lock()

    @property
    def requests(self) -> list[CommandRequest]:
        """The commands that were run, in order."""
        return [asked for asked in self.asked if isinstance(asked, CommandRequest)]

    def run(self, request: CommandRequest, output: OutputSink) -> Outcome:
        """Return the scripted result of a command."""
        with self._lock:
            self.asked.append(request)
            answer = self._answer(request)
            for path, content in answer.files.items():
                self.files.write(path, content)
        for text, is_error in ((answer.stdout, False), (answer.stderr, True)):
            for line in text.splitlines():
                output(line, is_error)
        return Outcome(exit_code=answer.exit_code, stdout=answer.stdout, seconds=answer.seconds)

    def put(self, source: Path | bytes | Tree, target: str) -> None:
        """Copy a file, bytes or a tree of files into memory."""
        with self._lock:
            self.asked.append(Put(source=source, target=target))
            match source:
                case bytes():
                    self.files.write(target, source)
                case Path():
                    self.files.copy_in(source, target)
                case Tree(files=names):
                    self.files.make_dir(target)
                    for name in names:
                        self.files.copy_entry(source.entry(name), f"{target}/{name}")
                case _:
                    assert_never(source)

    def get(self, source: str, target: Path) -> None:
        """Write one file from memory to `target`. Raise FileNotFoundError if it does not exist."""
        with self._lock:
            self.asked.append(Get(source=source, target=target))
            self.files.copy_out(source, target)

    def find(self, directory: str, pattern: str) -> tuple[str, ...]:
        """Return the sorted absolute paths of directory entries that match a glob."""
        with self._lock:
            return self.files.find(directory, pattern)

    def make_dir(self, path: str) -> None:
        """Create a directory and its parents in memory."""
        with self._lock:
            self.files.make_dir(path)

    def remove(self, path: str) -> None:
        """Remove a file or a directory from memory."""
        with self._lock:
            self.asked.append(Remove(path=path))
            self.files.remove(path)

    def environment(self) -> Mapping[str, str]:
        """Return the environment of this machine."""
        return dict(self._environment)

    def _answer(self, request: CommandRequest) -> Answer:
        if not isinstance(self._script, Mapping):
            return self._script(request)
        for length in range(len(request.argv), 0, -1):
            answer = self._script.get(request.argv[:length])
            if answer is not None:
                return answer
        return Answer()
