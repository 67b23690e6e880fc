"""The machine protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cibw.model.command import Outcome, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Files below a root on this computer, as POSIX paths relative to it.

    `moved` contains entries that are elsewhere: their path, or their content.
    """

    root: Path
    files: tuple[str, ...]
    moved: Mapping[str, Path | bytes] = field(default_factory=dict)

    def entry(self, name: str) -> Path | bytes:
        """Return the path of an entry on this computer, or the content of a file that does not exist on it."""
        return self.moved.get(name, self.root / name)


OutputSink = Callable[[str, bool], None]
"""Receives each line of output without its newline, and whether it came from standard error."""


class Machine(Protocol):
    """Runs commands: a container, the host, or a recording.

    Paths on the machine are absolute POSIX strings. A command that cannot be started (program or working directory
    not found) has exit code 126 or 127 and the reason on standard error. It never runs elsewhere. Standard input is
    empty.
    """

    def run(self, request: Request, output: OutputSink) -> Outcome:
        """Run a command until it ends, and pass each line of its output to `output`."""

    def put(self, source: Path | bytes | Tree, target: str) -> None:
        """Copy a file, bytes or a tree of files to `target`, creating parent directories."""

    def get(self, source: str, target: Path) -> None:
        """Copy one file from the machine to `target`. Raise FileNotFoundError if it does not exist."""

    def find(self, directory: str, pattern: str) -> tuple[str, ...]:
        """Return the sorted absolute paths of directory entries that match a glob; none if the directory is missing."""

    def make_dir(self, path: str) -> None:
        """Create a directory and its parents, if they do not exist."""

    def remove(self, path: str) -> None:
        """Remove a file or a directory with its contents, if it exists."""

    def environment(self) -> Mapping[str, str]:
        """Return the environment that commands start from."""
