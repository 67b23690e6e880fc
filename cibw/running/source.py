"""Which files belong to a project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from cibw.model.command import Outcome, Request
from cibw.running.machine import OutputSink, Tree

_GIT = ("git", "-c", "safe.directory=*", "-c", "core.quotePath=true", "ls-files")
_LISTINGS = (("--cached", "--recurse-submodules"), ("--others", "--exclude-standard"))
_OF_ANOTHER_PLACE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_CONTROLS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class Runner(Protocol):
    """The part of a machine that runs commands; here it must be the host."""

    def run(self, request: Request, output: OutputSink) -> Outcome:
        """Run a command to its end."""

    def environment(self) -> Mapping[str, str]:
        """The environment that commands start from."""


def project_files(runner: Runner, root: Path, excluded: tuple[Path, ...] = ()) -> Tree:
    """The files of the project at `root` as git sees them: tracked, and untracked but not ignored.

    Deleted files are left out, files of submodules are in. The `.git` directory comes along as a
    whole, because setuptools-scm and its like need it; the `.git` file of a worktree does not, as what
    it points to stays behind. Without git, or where git knows no file here, it is everything. What is
    at or below an `excluded` path never is in it. Symbolic links are entries of their own.
    """
    seen = _seen_by_git(runner, root)
    names = _everything(root) if not seen else [*seen, *_git_directory(root)]
    barred = tuple(_relative(path, root) for path in excluded)
    kept = (name for name in names if not _is_barred(name, barred))
    return Tree(root=root, files=tuple(sorted(set(kept))))


def git_index(runner: Runner, root: Path) -> str:
    """What git tracks at `root`, with modes and hashes, as text; empty without git.

    The file of the index itself changes whenever git looks at the files.
    """
    lines: list[str] = []
    request = Request(argv=(*_GIT, "--stage"), cwd=str(root), environment=_own_place(runner))
    return "\n".join(lines) if runner.run(request, _collector(lines)).exit_code == 0 else ""


def unquote(line: str) -> str:
    """Read a path as git prints it: plain, or in double quotes with C escapes."""
    if not (line.startswith('"') and line.endswith('"') and len(line) > 1):
        return line
    raw = _ESCAPE.sub(_unescape, line[1:-1].encode("utf-8", "surrogateescape"))
    return os.fsdecode(raw)


def _unescape(match: re.Match[bytes]) -> bytes:
    found = match[1]
    return bytes([int(found, 8)]) if len(found) == 3 else _CONTROLS.get(found, found)


def _seen_by_git(runner: Runner, root: Path) -> list[str]:
    """The existing files that git lists; empty where git is missing or this is no work tree."""
    names: list[str] = []
    environment = _own_place(runner)
    for options in _LISTINGS:
        lines: list[str] = []
        request = Request(argv=(*_GIT, *options), cwd=str(root), environment=environment)
        outcome = runner.run(request, _collector(lines))
        if outcome.exit_code != 0:
            return []
        # git ends the name of a nested repository, which it lists as one entry, with a slash
        names += (unquote(line).rstrip("/") for line in lines)
    return [name for name in names if os.path.lexists(root / name)]


def _own_place(runner: Runner) -> dict[str, str]:
    # A hook of git, for one, starts programs with variables that speak of another place.
    return {name: value for name, value in runner.environment().items() if name not in _OF_ANOTHER_PLACE}


def _collector(lines: list[str]) -> OutputSink:
    def collect(line: str, is_error: bool) -> None:
        if not is_error:
            lines.append(line)

    return collect


def _git_directory(root: Path) -> Iterator[str]:
    directory = root / ".git"
    if directory.is_dir() and not directory.is_symlink():
        yield ".git"
        yield from (f".git/{name}" for name in _everything(directory))


def _everything(root: Path) -> Iterator[str]:
    for directory, directories, files in os.walk(root):
        for name in (*directories, *files):
            yield Path(directory, name).relative_to(root).as_posix()


def _relative(path: Path, root: Path) -> str:
    """Relative to the root; a text that no name equals where the path lies elsewhere."""
    absolute = path.resolve()
    return absolute.relative_to(root.resolve()).as_posix() if absolute.is_relative_to(root.resolve()) else "/"


def _is_barred(name: str, barred: Iterable[str]) -> bool:
    return any(name == path or name.startswith(f"{path}/") for path in barred)
