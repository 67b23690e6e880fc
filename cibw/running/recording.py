"""A machine that replays a script and records requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cibw.exhaustive import assert_never
from cibw.model.command import Outcome, Request
from cibw.running.machine import OutputSink, Tree
from cibw.running.recording_files import MemoryFiles


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


Asked = Request | Put | Get | Remove
Script = Mapping[tuple[str, ...], Answer] | Callable[[Request], Answer]
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
    def requests(self) -> list[Request]:
        """The commands that were run, in order."""
        return [asked for asked in self.asked if isinstance(asked, Request)]

    def run(self, request: Request, output: OutputSink) -> Outcome:
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

    def _answer(self, request: Request) -> Answer:
        if not isinstance(self._script, Mapping):
            return self._script(request)
        for length in range(len(request.argv), 0, -1):
            answer = self._script.get(request.argv[:length])
            if answer is not None:
                return answer
        return Answer()
