"""The state of a project's source, and the sdist that is built from it."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cibw.errors import CommandFailedError, ErrorContext, ReleaseFaultError
from cibw.execution.files import read_texts, write_table
from cibw.execution.machine import OutputSink, Tree
from cibw.execution.source.git import (
    SUBMODULE,
    CommandRunner,
    IndexEntry,
    content_differs,
    git_lines,
    kind_differs,
    owner_refusal,
    unquote,
)
from cibw.execution.source.project import ProjectState, digest_of, project_files
from cibw.model.manifest import SourceState
from cibw.model.templates import CommandRequest

# The git state of a release's source.

_UNKNOWN = ("ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory")
_TAGS_HERE = ("for-each-ref", "--points-at=HEAD", "--format=%(refname:strip=2)", "refs/tags")
_CONVERSIONS = ("filter", "ident", "working-tree-encoding")
"""Attributes of files that git stores in another form, which only git and its filters can convert."""
_AT_ONCE = 500

_LEFT = re.compile(r"(^|/)(__pycache__|\.pdm-build|[^/]+\.egg-info)(/|$)")


def is_left_by_builds(name: str) -> bool:
    """Return whether a path is, or is below, output of Python or build backends that they can create again."""
    return _LEFT.search(name) is not None


def read_source_state(runner: CommandRunner, package: Path, ignored: tuple[Path, ...]) -> SourceState:
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


def commit_of(runner: CommandRunner, directory: Path) -> str:
    """Return what a version is derived from: the commit, its tags, and the distance from the last tag.

    The text is empty without git.
    """
    commands = (("rev-parse", "HEAD"), ("describe", "--tags", "--long", "--always"), _TAGS_HERE)
    outputs = (git_lines(runner, directory, *arguments) or [] for arguments in commands)
    return "\n".join(line for output in outputs for line in output)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repository:
    """A repository as seen from a directory of its work tree. All paths are relative to that directory."""

    runner: CommandRunner
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

    def _ask(self, *arguments: str) -> list[str]:
        return git_lines(self.runner, self.directory, *arguments) or []


def _is_in(name: str, directories: tuple[str, ...]) -> bool:
    return any(f"{name}/".startswith(f"{directory}/") for directory in directories)


def _below(path: Path, directory: Path) -> str:
    """Return a path relative to a directory that contains it, or an empty string."""
    absolute, root = path.resolve(), directory.resolve()
    return absolute.relative_to(root).as_posix() if absolute != root and absolute.is_relative_to(root) else ""


# Identifies the source of a release across computers.


def source_hashes(runner: CommandRunner, root: Path, excluded: tuple[Path, ...], memo: Path) -> Mapping[str, str]:
    """Return the hashes of a project's files by name, and of its commit and tags. They are cached in `memo`.

    Git's own data, which differs between clones, and files left by Python and builds are excluded.
    """
    tree = project_files(runner, root, excluded)
    files = tuple(name for name in tree.files if ".git" not in name.split("/") and not is_left_by_builds(name))
    return ProjectState(Tree(root=root, files=files), commit_of(runner, root), _sha256, memo).hashes


def source_digest(hashes: Mapping[str, str]) -> str:
    """Return one SHA-256 for all of them."""
    return digest_of(hashes, _sha256)


class KnownSources:
    """Records which sources, after a build, correspond to the source that the build started with.

    A build that leaves files in the project does not make it another source on this computer. On other computers
    the source is identified by its state before the build.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def origin(self, digest: str) -> str:
        """Return the digest before the build that left this source, or the digest itself if there was none."""
        return read_texts(self._path).get(digest, digest)

    def remember(self, before: str, after: str) -> None:
        """Record the source before and after a build."""
        if before != after:
            write_table(self._path, {**read_texts(self._path), after: before})


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files that have changed or been removed."""
    return tuple(name for name in before if after.get(name) != before[name])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Builds an sdist, or the wheel of a pure Python project, on the host.

_LAST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _DistributionKind:
    name: str
    article: str
    ending: str


_SDIST = _DistributionKind(name="sdist", article="An", ending=".tar.gz")
_WHEEL = _DistributionKind(name="wheel", article="A", ending=".whl")


def build_sdist(runner: CommandRunner, package: Path, place: Path, output: OutputSink) -> Path:
    """Build a package's sdist into an empty directory with the build library, and return its path.

    Raises CommandFailedError if the build fails, ReleaseFaultError if it produces no sdist or several.
    """
    return _build(_SDIST, runner, package, (place, output))


def build_wheel(runner: CommandRunner, package: Path, place: Path, output: OutputSink) -> Path:
    """Build a wheel in the same way with cibw's own Python. A pure Python wheel works with every other."""
    return _build(_WHEEL, runner, package, (place, output))


def _build(kind: _DistributionKind, runner: CommandRunner, package: Path, into: tuple[Path, OutputSink]) -> Path:
    place, output = into
    last: deque[str] = deque(maxlen=_LAST_LINES)

    def hear(line: str, is_error: bool) -> None:
        last.append(line)
        output(line, is_error)

    argv = (sys.executable, "-m", "build", f"--{kind.name}", "--installer", "uv", "--outdir", str(place), str(package))
    # The current directory comes first on sys.path, and a project may have a module named build.
    outcome = runner.run(CommandRequest(argv=argv, cwd=str(place), environment=runner.environment()), hear)
    if outcome.exit_code:
        raise CommandFailedError(
            f"Building the {kind.name} failed.",
            hint="Check the output of the build backend; `cibw sdist --verbose` shows all of it.",
            context=ErrorContext(command=shlex.join(argv), exit_code=outcome.exit_code, last_lines=tuple(last)),
        )
    found = sorted(place.glob(f"*{kind.ending}"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found)
        raise ReleaseFaultError(
            f"The build produced {len(found)} {kind.name}s instead of one: {names or 'none'}.",
            hint=f"{kind.article} {kind.name} ends in {kind.ending}. Check the output of the build backend.",
        )
    return found[0]
