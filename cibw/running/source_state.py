"""The git state of a release's source."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cibw.model.sdist import SourceState
from cibw.running.git import Runner, git_lines, owner_refusal, unquote
from cibw.running.work_tree import SUBMODULE, IndexEntry, content_differs, kind_differs

_UNKNOWN = ("ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory")
_TAGS_HERE = ("for-each-ref", "--points-at=HEAD", "--format=%(refname:strip=2)", "refs/tags")
_CONVERSIONS = ("filter", "ident", "working-tree-encoding")
"""Attributes of files that git stores in another form, which only git and its filters can convert."""
_AT_ONCE = 500

_LEFT = re.compile(r"(^|/)(__pycache__|\.pdm-build|[^/]+\.egg-info)(/|$)")


def is_left_by_builds(name: str) -> bool:
    """Return whether a path is, or is below, output of Python or build backends that they can create again."""
    return _LEFT.search(name) is not None


def read_source_state(runner: Runner, package: Path, ignored: tuple[Path, ...]) -> SourceState:
    """Query git about the package's directory.

    Build output, and files in an ignored directory, do not count as changes.
    """
    shallow = git_lines(runner, package, "rev-parse", "--is-shallow-repository")
    if shallow is None:
        return SourceState(refused=owner_refusal(runner, package))
    own = tuple(filter(None, (_below(path, package) for path in ignored)))
    repository = _Repository(runner=runner, directory=package)
    changed = [*repository.changed(), *repository.unknown()]
    return SourceState(
        is_shallow=shallow == ["true"],
        missing_submodules=tuple(repository.missing_submodules()),
        changed=tuple(name for name in changed if not is_left_by_builds(name) and not _is_in(name, own)),
    )


def commit_of(runner: Runner, directory: Path) -> str:
    """Return what a version is derived from: the commit, its tags, and the distance from the last tag.

    The text is empty without git.
    """
    questions = (("rev-parse", "HEAD"), ("describe", "--tags", "--long", "--always"), _TAGS_HERE)
    answers = (git_lines(runner, directory, *question) or [] for question in questions)
    return "\n".join(line for answer in answers for line in answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repository:
    """A repository as seen from a directory of its work tree. All paths are relative to that directory."""

    runner: Runner
    directory: Path

    def changed(self) -> Iterator[str]:
        """Yield the tracked files that differ from the commit.

        git compares contents by running configured filters, so files are compared here instead. Files that are
        converted by a filter count as unchanged.
        """
        committed = self._committed()
        if committed is None:
            return
        index = {entry.name: entry for entry in self._index()}
        has_modes = self._ask("config", "--bool", "core.fileMode") != ["false"]
        changed, differing = [], []
        for name in {**committed, **index}:
            entry = index.get(name)
            is_same = entry is not None and committed.get(name) == entry.identity
            if entry is None or not is_same or self._is_replaced(entry, has_modes=has_modes):
                changed.append(name)
            elif entry.is_checked and content_differs(entry, self.directory / name):
                differing.append(name)
        converted = self._converted(differing)
        yield from sorted([*changed, *(name for name in differing if name not in converted)])

    def unknown(self) -> Iterator[str]:
        """Yield the files and directories that are neither tracked nor ignored."""
        for line in self._ask(*_UNKNOWN):
            yield unquote(line).rstrip("/")

    def missing_submodules(self) -> Iterator[str]:
        """Yield the submodules, including nested ones, that the project uses but that are not checked out."""
        gitlinks = [entry.name for entry in self._index() if entry.mode == SUBMODULE]
        if not gitlinks:
            return
        wanted = self._wanted_submodules()
        for name in gitlinks:
            path = self.directory / name
            if path not in wanted or path.is_symlink():
                continue
            if not os.path.lexists(path / ".git"):
                yield name
            else:
                inner = _Repository(runner=self.runner, directory=path)
                yield from (f"{name}/{missing}" for missing in inner.missing_submodules())

    def _is_replaced(self, entry: IndexEntry, *, has_modes: bool) -> bool:
        """Return whether the entry in the work tree has another kind, or is a submodule at another commit."""
        path = self.directory / entry.name
        if not entry.is_checked:
            return False
        if entry.mode != SUBMODULE:
            return kind_differs(entry, path, has_modes=has_modes)
        if path.is_symlink() or not os.path.lexists(path / ".git"):
            return False
        inner = _Repository(runner=self.runner, directory=path)
        return inner._ask("rev-parse", "HEAD") != [entry.hash] or any(True for _name in inner.changed())

    def _index(self) -> Iterator[IndexEntry]:
        return (IndexEntry.parse(line) for line in self._ask("ls-files", "--stage", "-t"))

    def _committed(self) -> Mapping[str, tuple[str, str]] | None:
        """Return the modes and hashes in the commit, or None if there is no commit."""
        lines = git_lines(self.runner, self.directory, "ls-tree", "-r", "HEAD")
        if lines is None:
            return None
        entries = (line.partition("\t") for line in lines)
        words = {unquote(name): facts.split() for facts, _tab, name in entries}
        return {name: (mode, digest) for name, (mode, _kind, digest) in words.items()}

    def _converted(self, names: list[str]) -> frozenset[str]:
        """Return the files that git stores in another form than in the work tree."""
        filters = {line.split(".", 1)[1] for line in self._ask("config", "--name-only", "--get-regexp", r"^filter\.")}
        found = set()
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            for line in self._ask("check-attr", *_CONVERSIONS, "--", *some):
                name, attribute, value = line.rsplit(": ", 2)
                is_known = attribute != "filter" or any(one.startswith(f"{value}.") for one in filters)
                if is_known and value not in {"unspecified", "unset"}:
                    found.add(unquote(name))
        return frozenset(found)

    def _wanted_submodules(self) -> frozenset[Path]:
        """Return the submodules in .gitmodules, except those that are never checked out (`update = none`)."""
        top = self._ask("rev-parse", "--show-toplevel")
        root = Path(top[0]) if top else self.directory
        if not (root / ".gitmodules").is_file():
            return frozenset()
        lines = git_lines(self.runner, root, "config", "--file", ".gitmodules", "--list") or ()
        settings = dict(line.split("=", 1) for line in lines if "=" in line)
        names = (key.removesuffix(".path") for key in settings if key.endswith(".path"))
        wanted = (settings[f"{name}.path"] for name in names if settings.get(f"{name}.update") != "none")
        return frozenset(self.directory / os.path.relpath(root / path, self.directory.resolve()) for path in wanted)

    def _ask(self, *question: str) -> list[str]:
        return git_lines(self.runner, self.directory, *question) or []


def _is_in(name: str, directories: tuple[str, ...]) -> bool:
    return any(f"{name}/".startswith(f"{directory}/") for directory in directories)


def _below(path: Path, directory: Path) -> str:
    """Return a path relative to a directory that contains it, or an empty string."""
    absolute, root = path.resolve(), directory.resolve()
    return absolute.relative_to(root).as_posix() if absolute != root and absolute.is_relative_to(root) else ""
