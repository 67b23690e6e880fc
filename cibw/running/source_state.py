"""What git says of the source of a release."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from cibw.model.sdist import SourceState
from cibw.running.git import Runner, git_lines, unquote

_CHANGED = ("diff", "--name-only", "--relative", "--no-renames", "HEAD")
_UNKNOWN = ("ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory")

_LEFT = re.compile(r"(^|/)(__pycache__|\.pdm-build|[^/]+\.egg-info)(/|$)")


def is_left_by_builds(name: str) -> bool:
    """Whether a path is, or lies below, what Python and build backends leave in a project, and may make again."""
    return _LEFT.search(name) is not None


def read_source_state(runner: Runner, package: Path, ignored: tuple[Path, ...]) -> SourceState:
    """Ask git about the package's directory; what builds leave, and what lies in an ignored directory, is no change."""
    shallow = git_lines(runner, package, "rev-parse", "--is-shallow-repository")
    if shallow is None:
        return SourceState()
    own = tuple(filter(None, (_below(path, package) for path in ignored)))
    changed = (name for question in (_CHANGED, _UNKNOWN) for name in _names(runner, package, question))
    return SourceState(
        is_shallow=shallow == ["true"],
        missing_submodules=tuple(_missing_submodules(runner, package)),
        changed=tuple(name for name in changed if not is_left_by_builds(name) and not _is_in(name, own)),
    )


def commit_of(runner: Runner, directory: Path) -> str:
    """What a version may be read from: the commit, its tags, and the way from the last tag; empty without git."""
    questions = (("rev-parse", "HEAD"), ("describe", "--tags", "--long", "--always"), ("tag", "--points-at", "HEAD"))
    answers = (git_lines(runner, directory, *question) or [] for question in questions)
    return "\n".join(line for answer in answers for line in answer)


def _names(runner: Runner, package: Path, question: tuple[str, ...]) -> Iterator[str]:
    for line in git_lines(runner, package, *question) or ():
        yield unquote(line).rstrip("/")


def _missing_submodules(runner: Runner, package: Path) -> Iterator[str]:
    unwanted = _unwanted_submodules(runner, package)
    for line in git_lines(runner, package, "submodule", "status", "--recursive") or ():
        # `-`, the commit, and a path that is relative to the directory; those beside it are not in the sdist.
        sign, path = line[:1], line.partition(" ")[2]
        if sign == "-" and not path.startswith("../") and package / path not in unwanted:
            yield path


def _unwanted_submodules(runner: Runner, package: Path) -> frozenset[Path]:
    """Those that the project never checks out by itself: `update = none` in its .gitmodules."""
    top = git_lines(runner, package, "rev-parse", "--show-toplevel")
    if not top:
        return frozenset()
    root = Path(top[0])
    lines = git_lines(runner, root, "config", "--file", ".gitmodules", "--list") or ()
    settings = dict(line.split("=", 1) for line in lines if "=" in line)
    return frozenset(
        package / os.path.relpath(root / settings[f"{name.removesuffix('.update')}.path"], package.resolve())
        for name, value in settings.items()
        if name.endswith(".update") and value == "none" and f"{name.removesuffix('.update')}.path" in settings
    )


def _is_in(name: str, directories: tuple[str, ...]) -> bool:
    return any(f"{name}/".startswith(f"{directory}/") for directory in directories)


def _below(path: Path, directory: Path) -> str:
    """A path relative to a directory that it is below; else empty."""
    absolute, root = path.resolve(), directory.resolve()
    return absolute.relative_to(root).as_posix() if absolute != root and absolute.is_relative_to(root) else ""
