"""What a machine can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cibw.model.command import Outcome, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Files below a root on the computer that cibw runs on, as POSIX paths relative to it.

    `moved` has the entries that are not at their place below the root: where they are, or what they hold.
    """

    root: Path
    files: tuple[str, ...]
    moved: Mapping[str, Path | bytes] = field(default_factory=dict)

    def entry(self, name: str) -> Path | bytes:
        """Where an entry is on this computer, or the content of a file that is nowhere on it."""
        return self.moved.get(name, self.root / name)


OutputSink = Callable[[str, bool], None]
"""Gets each line of output without its newline, and whether it came from standard error."""


class Machine(Protocol):
    """Where commands run: a container, the host, or a recording.

    Paths on the machine are absolute POSIX strings. A command that can't be started (no such
    program, no such working directory) has the exit code 126 or 127 and its reason on standard
    error; it never runs elsewhere. Standard input is empty.
    """

    def run(self, request: Request, output: OutputSink) -> Outcome:
        """Run a command to its end, handing each line of its output to `output`."""

    def put(self, source: Path | bytes | Tree, target: str) -> None:
        """Copy a file, the given bytes or a tree of files to `target`, making parent directories."""

    def get(self, source: str, target: Path) -> None:
        """Copy one file of the machine to `target`; FileNotFoundError where it is missing."""

    def find(self, directory: str, pattern: str) -> tuple[str, ...]:
        """Absolute paths of the entries of a directory whose names match a glob, sorted; none where it is missing."""

    def make_dir(self, path: str) -> None:
        """Make a directory and its parents; one that exists is fine."""

    def remove(self, path: str) -> None:
        """Remove a file or a whole directory; one that is missing is fine."""

    def environment(self) -> Mapping[str, str]:
        """The environment that commands start from."""
