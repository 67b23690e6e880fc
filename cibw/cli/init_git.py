"""Read branches and tags of a project's repository, without git if plain files are enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from cibw.running.git import git_lines
from cibw.running.host import HostMachine
from cibw.untrusted.faults import UnreadableFileError
from cibw.untrusted.text import read_text

_TAGS = "refs/tags/"
_ALL_TAGS = ("for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
_MOST_TAGS = 10_000


def main_branch(directory: Path, release_branches: tuple[str, ...]) -> str:
    """The first branch in publish-branches that is not a pattern, else the main branch of the origin."""
    named = [branch for branch in release_branches if re.fullmatch(r"[\w./-]+", branch)]
    if named:
        return named[0]
    head = _read(_repository(directory) / "refs/remotes/origin/HEAD")
    found = re.fullmatch(r"ref: refs/remotes/origin/([\w./-]+)", head.strip())
    return found[1] if found else "main"


def tags_of(directory: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The tag names of a repository, given the root of its work tree; none without a repository."""
    repository = _repository(directory)
    if (repository / "reftable").is_dir():
        return tuple(git_lines(HostMachine(environment), directory, *_ALL_TAGS) or ())[:_MOST_TAGS]
    names = dict.fromkeys((*_loose(repository / _TAGS), *_packed(_read(repository / "packed-refs"))))
    return tuple(names)[:_MOST_TAGS]


def _loose(directory: Path) -> Iterator[str]:
    yield from (path.relative_to(directory).as_posix() for path in sorted(directory.rglob("*")) if path.is_file())


def _packed(text: str) -> Iterator[str]:
    for line in text.splitlines():
        _hash, _, name = line.partition(" ")
        if name.startswith(_TAGS):
            yield name.removeprefix(_TAGS)


def _repository(directory: Path) -> Path:
    """The directory with branches and tags: `.git`, or its target in a linked work tree or a submodule."""
    path = directory / ".git"
    named = re.fullmatch(r"gitdir: (.+)", _read(path).strip()) if path.is_file() else None
    if named:
        path = directory / named[1]
        common = _read(path / "commondir").strip()
        path = path / common if common else path
    return path


def _read(path: Path) -> str:
    with suppress(UnreadableFileError):
        return read_text(path) or ""
    return ""
