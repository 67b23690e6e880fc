"""Questions to git, which the host answers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cibw.model.command import Outcome, Request
from cibw.running.machine import OutputSink

_GIT = ("git", "-c", "safe.directory=*", "-c", "core.quotePath=true")
_OF_ANOTHER_PLACE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_CONTROLS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class Runner(Protocol):
    """The part of a machine that runs commands; here it must be the host."""

    def run(self, request: Request, output: OutputSink) -> Outcome:
        """Run a command to its end."""

    def environment(self) -> Mapping[str, str]:
        """The environment that commands start from."""


def git_lines(runner: Runner, directory: Path, *arguments: str) -> list[str] | None:
    """What git prints, line by line; None where it fails, is missing, or knows nothing of the directory."""
    lines: list[str] = []
    request = Request(argv=(*_GIT, *arguments), cwd=str(directory), environment=_own_place(runner))
    return lines if runner.run(request, _collector(lines)).exit_code == 0 else None


def unquote(line: str) -> str:
    """Read a path as git prints it: plain, or in double quotes with C escapes."""
    if not (line.startswith('"') and line.endswith('"') and len(line) > 1):
        return line
    raw = _ESCAPE.sub(_unescape, line[1:-1].encode("utf-8", "surrogateescape"))
    return os.fsdecode(raw)


def _unescape(match: re.Match[bytes]) -> bytes:
    found = match[1]
    return bytes([int(found, 8)]) if len(found) == 3 else _CONTROLS.get(found, found)


def _own_place(runner: Runner) -> dict[str, str]:
    # A hook of git, for one, starts programs with variables that speak of another place.
    return {name: value for name, value in runner.environment().items() if name not in _OF_ANOTHER_PLACE}


def _collector(lines: list[str]) -> OutputSink:
    def collect(line: str, is_error: bool) -> None:
        if not is_error:
            lines.append(line)

    return collect
