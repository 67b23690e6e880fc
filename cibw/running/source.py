"""Which files belong to a project."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from cibw.running.git import Runner, git_lines, owner_refusal, unquote
from cibw.running.machine import Tree

_LISTINGS = (("--cached", "--recurse-submodules"), ("--others", "--exclude-standard"))


def _ignore(_note: str) -> None:
    """Nobody wants the note."""


def project_files(
    runner: Runner, root: Path, excluded: tuple[Path, ...] = (), *, tell: Callable[[str], None] = _ignore
) -> Tree:
    """The files of the project at `root` as git sees them: tracked, and untracked but not ignored.

    Deleted files are left out, files of submodules are in. The `.git` directory comes along as a
    whole, because setuptools-scm and its like need it; the `.git` file of a worktree does not, as what
    it points to stays behind. Without git, or where git knows no file here, it is everything. What is
    at or below an `excluded` path never is in it. Symbolic links are entries of their own. `tell` gets
    a note where git refuses to read the repository of another user.
    """
    seen = _seen_by_git(runner, root, tell)
    if not seen:
        return every_file(root, excluded)
    return _tree(root, [*seen, *_git_directory(root)], excluded)


def every_file(root: Path, excluded: tuple[Path, ...] = ()) -> Tree:
    """All files of a directory, such as an unpacked sdist, whatever git knows of it."""
    return _tree(root, _everything(root), excluded)


def _tree(root: Path, names: Iterable[str], excluded: tuple[Path, ...]) -> Tree:
    barred = tuple(_relative(path, root) for path in excluded)
    kept = (name for name in names if not _is_barred(name, barred))
    return Tree(root=root, files=tuple(sorted(set(kept))))


def git_index(runner: Runner, root: Path) -> str:
    """What git tracks at `root`, with modes and hashes, as text; empty without git.

    The file of the index itself changes whenever git looks at the files.
    """
    return "\n".join(git_lines(runner, root, "ls-files", "--stage") or ())


def _seen_by_git(runner: Runner, root: Path, tell: Callable[[str], None]) -> list[str]:
    """The existing files that git lists; empty where git is missing or this is no work tree."""
    names: list[str] = []
    for options in _LISTINGS:
        lines = git_lines(runner, root, "ls-files", *options)
        if lines is None:
            _tell_refusal(runner, root, tell)
            return []
        # git ends the name of a nested repository, which it lists as one entry, with a slash
        names += (unquote(line).rstrip("/") for line in lines)
    is_own = _own_names(root)
    return [name for name in names if is_own(name) and os.path.lexists(root / name)]


def _tell_refusal(runner: Runner, root: Path, tell: Callable[[str], None]) -> None:
    refusal = owner_refusal(runner, root)
    if refusal:
        tell(
            f"git does not read the repository at {root}, because it belongs to another user. So all files are copied, "
            f"also those that git ignores. If you trust the repository, run `{refusal}`."
        )


def _own_names(root: Path) -> Callable[[str], bool]:
    """Whether a name leads to an entry of the project: a crafted index also names files elsewhere, or behind links."""

    @cache
    def is_real(directory: str) -> bool:
        parent = str(PurePosixPath(directory).parent)
        return directory == "." or (is_real(parent) and not (root / directory).is_symlink())

    def is_own(name: str) -> bool:
        path = PurePosixPath(name)
        return not path.is_absolute() and ".." not in path.parts and is_real(str(path.parent))

    return is_own


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
