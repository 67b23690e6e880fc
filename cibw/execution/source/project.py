"""The files of a project, and their hashes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from cibw.execution.files import read_table, write_table
from cibw.execution.machine import Tree
from cibw.execution.source.git import SUBMODULE, CommandRunner, git_lines, owner_refusal, unquote
from cibw.execution.store.keys import inputs_among, without_match
from cibw.untrusted.limits import UnreadableFileError
from cibw.untrusted.text import read_text

# Determines which files belong to a project.

_SHARED = ("objects", "refs", "packed-refs", "reftable", "shallow", "info", "hooks", "lfs", "logs")
"""What the worktrees of a repository share, apart from its configuration."""
_ELSEWHERE = ("commondir", "gitdir", "locked", "modules", "worktrees")
_IN_PLACE = b"\n[core]\n\tbare = false\n\tworktree = ..\n"
"""The last value of a setting wins."""


def _ignore(_note: str) -> None:
    """Ignore a note."""


def project_files(
    runner: CommandRunner,
    root: Path,
    excluded: tuple[Path, ...] = (),
    *,
    ignored: tuple[str, ...] = (),
    tell: Callable[[str], None] = _ignore,
) -> Tree:
    """Return the project's files at `root` as seen by git: tracked files, and untracked files that are not ignored.

    This includes submodules and other repositories below it. Deleted files are skipped. All of Git's own data is
    included, because setuptools-scm and similar tools need it. If it is outside the root, as for a worktree, it
    becomes a directory `.git`. Files ignored by git are included if they match a glob in `ignored`. Without git, or
    if git tracks no file here, all files are included. Entries at or below an `excluded` path are never included.
    Symbolic links are entries of their own. `tell` receives notes for the user.
    """
    barred = tuple(_relative(path, root) for path in excluded)
    project = _Project(runner, root, barred, tell)
    project.read()
    if not project.names:
        return every_file(root, excluded)
    names = [*project.names, *_chosen(root, barred, ignored, tell)]
    return _tree(root, names, excluded, project.moved)


def every_file(root: Path, excluded: tuple[Path, ...] = ()) -> Tree:
    """Return all files of a directory, such as an unpacked sdist, regardless of git."""
    return _tree(root, _everything(root), excluded, {})


def git_index(runner: CommandRunner, root: Path) -> str:
    """Return git's index at `root` with modes and hashes, as text, or an empty string without git.

    The index file itself changes whenever git reads the files.
    """
    return "\n".join(git_lines(runner, root, "ls-files", "--stage") or ())


class _Project:
    """The files of a project, collected per repository."""

    def __init__(self, runner: CommandRunner, root: Path, barred: tuple[str, ...], tell: Callable[[str], None]) -> None:
        self.names: list[str] = []
        self.moved: dict[str, Path | bytes] = {}
        self._runner = runner
        self._root = root
        self._barred = barred
        self._tell = tell
        self._is_own = _own_names(root)

    def read(self) -> None:
        """Collect the files. There are none if git finds no repository."""
        waiting = ["."]
        while waiting:
            place = waiting.pop()
            listed = self._listed(place)
            if listed is None:
                self.names += _everything(self._root, place) if place != "." else ()
                continue
            here = {_join(place, name): is_repository for name, is_repository in listed}
            kept = [name for name in here if self._is_own(name) and os.path.lexists(self._root / name)]
            self.names += kept
            waiting += [name for name in kept if here[name] and self._is_open(name)]
            if self.names:
                self._add_git_directory(place)

    def _listed(self, place: str) -> list[tuple[str, bool]] | None:
        """Return the names that git lists in a repository and whether each is a nested repository, or None."""
        directory = self._root / place
        if place != "." and not self._is_repository(directory):
            return None
        tracked = git_lines(self._runner, directory, "ls-files", "--stage")
        others = git_lines(self._runner, directory, "ls-files", "--others", "--exclude-standard")
        if tracked is None or others is None:
            self._tell_refusal(directory)
            return None
        entries = (line.partition("\t") for line in tracked)
        names = [(unquote(name), facts.startswith(SUBMODULE)) for facts, _tab, name in entries]
        # git lists a nested repository as one entry that ends with a slash.
        return [*names, *((name.rstrip("/"), name.endswith("/")) for name in map(unquote, others))]

    def _is_repository(self, directory: Path) -> bool:
        """Return whether a directory is the top of a repository. Otherwise git finds the repository of a parent."""
        if not os.path.lexists(directory / ".git"):
            return False
        prefix = git_lines(self._runner, directory, "rev-parse", "--show-prefix")
        if prefix is None:
            self._tell_refusal(directory)
        return prefix is not None and not "".join(prefix)

    def _is_open(self, name: str) -> bool:
        path = self._root / name
        return path.is_dir() and not path.is_symlink() and not _is_barred(name, self._barred)

    def _tell_refusal(self, directory: Path) -> None:
        refusal = owner_refusal(self._runner, directory)
        if refusal:
            self._tell(
                f"git cannot read the repository at {directory} because it belongs to another user, so all "
                "files are copied, including those that git ignores. If you trust the repository, run "
                f"`{refusal}`."
            )

    def _add_git_directory(self, place: str) -> None:
        entry, name = self._root / place / ".git", _join(place, ".git")
        if entry.is_symlink():
            self.names += [name] if entry.resolve().is_relative_to(self._root.resolve()) else []
        elif entry.is_dir():
            self.names += [name, *_everything(self._root, name)]
        elif entry.is_file():
            self._add_linked_directory(entry.parent, name)

    def _add_linked_directory(self, directory: Path, name: str) -> None:
        """Add the directory that a `.git` file points to."""
        output = git_lines(self._runner, directory, "rev-parse", "--absolute-git-dir", "--git-common-dir")
        if output is None or len(output) != len(("own", "common")):
            return
        own, common = (Path(directory, line).resolve() for line in output)
        root = self._root.resolve()
        if own.is_relative_to(root):
            # An absolute path in it would not exist on a machine.
            relative = Path(os.path.relpath(own, directory.resolve())).as_posix()
            self.moved[name] = f"gitdir: {relative}\n".encode("utf-8", "surrogateescape")
            self.names += [name, *_everything(self._root, own.relative_to(root).as_posix())]
        elif self._leads_back(directory, own, common):
            found = dict(_git_entries(own, common))
            self.moved.update({_join(name, inner): entry for inner, entry in found.items()})
            self.names += [_join(name, inner) for inner in found]
        else:
            self._tell(
                f"{directory / '.git'} points to {own}, which does not point back, so git's data is not copied "
                "and builds cannot read a version from it. `git worktree repair` fixes the link of a worktree."
            )

    def _leads_back(self, directory: Path, own: Path, common: Path) -> bool:
        """Return whether a repository outside the root belongs to this work tree.

        A project must not choose what is copied.
        """
        if own != common:
            back = _text(own / "gitdir").strip()
            return bool(back) and Path(own, back).resolve() == (directory / ".git").resolve()
        lines = git_lines(self._runner, directory, "config", "--get", "core.worktree") or ()
        return any(Path(own, line).resolve() == directory.resolve() for line in lines)


def _git_entries(own: Path, common: Path) -> Iterator[tuple[str, Path | bytes]]:
    """Yield the contents of a `.git` directory for a work tree whose repository is elsewhere.

    Its submodules are work trees of their own.
    """
    yield ".", own
    for name in _everything(common):
        if name.split("/", 1)[0] in _SHARED:
            yield name, common / name
    for name in _everything(own):
        if name.split("/", 1)[0] not in _ELSEWHERE:
            yield name, own / name
    yield "config", _text(common / "config").encode("utf-8") + _IN_PLACE


def _text(path: Path) -> str:
    try:
        return read_text(path) or ""
    except UnreadableFileError:
        return ""


def _chosen(root: Path, barred: tuple[str, ...], globs: tuple[str, ...], tell: Callable[[str], None]) -> Iterable[str]:
    """Yield the files that match a glob, whether git ignores them or not."""
    if not globs:
        return ()
    present = dict.fromkeys((name for name in _everything(root) if not _is_barred(name, barred)), "")
    for glob in without_match(present, globs):
        tell(f"copy-ignored: {glob} does not match any file of the project.")
    return inputs_among(present, globs)


def _tree(root: Path, names: Iterable[str], excluded: tuple[Path, ...], moved: Mapping[str, Path | bytes]) -> Tree:
    barred = tuple(_relative(path, root) for path in excluded)
    kept = (name for name in names if not _is_barred(name, barred))
    return Tree(root=root, files=tuple(sorted(set(kept))), moved=moved)


def _own_names(root: Path) -> Callable[[str], bool]:
    """Return whether a name is an entry of the project. A crafted index may name files elsewhere or behind links."""

    @cache
    def is_real(directory: str) -> bool:
        parent = str(PurePosixPath(directory).parent)
        return directory == "." or (is_real(parent) and not (root / directory).is_symlink())

    def is_own(name: str) -> bool:
        path = PurePosixPath(name)
        return not path.is_absolute() and ".." not in path.parts and is_real(str(path.parent))

    return is_own


def _join(place: str, name: str) -> str:
    return name if place == "." else place if name == "." else f"{place}/{name}"


def _everything(root: Path, place: str = ".") -> Iterator[str]:
    """Yield all entries below a directory, with names relative to the root."""
    for directory, directories, files in os.walk(root / place):
        for name in (*directories, *files):
            yield Path(directory, name).relative_to(root).as_posix()


def _relative(path: Path, root: Path) -> str:
    """Return the path relative to the root, or a text that matches no name if the path is elsewhere."""
    absolute = path.resolve()
    return absolute.relative_to(root.resolve()).as_posix() if absolute.is_relative_to(root.resolve()) else "/"


def _is_barred(name: str, barred: Iterable[str]) -> bool:
    return any(name == path or name.startswith(f"{path}/") for path in barred)


# Hashes the files of a project. A file that has not changed is read only once.

Hash = Callable[[bytes], str]
FileStat = list[int]
"""The mode, and for a file the values that change when it is written to."""
MemoEntry = tuple[str, FileStat]
# Git data that changes without a change of the project. The index is included as a listing.
_OF_GIT_ALONE = re.compile(
    r"(.*/)?\.git(/modules(/(?!refs/)[^/]+)+)?/(objects|logs|lfs|index|FETCH_HEAD|ORIG_HEAD|COMMIT_EDITMSG|gc\.(log|pid))(/|$)|(.*/)?\.git/.*\.lock$"
)
_SETTLED_NANOSECONDS = 2_000_000_000
_LARGE = 64 << 20
_BLOCK = 1 << 20


class ProjectState:
    """The contents of a project's files at one moment.

    `hashes` cover kind, mode and content of each file; `listing` is git's index as text. Hashes are cached in the
    file `memo`, by size, inode and times. Raises OSError if a file cannot be read.
    """

    def __init__(self, tree: Tree, listing: str, make_hash: Hash, memo: Path) -> None:
        entries = {name: tree.entry(name) for name in _that_count(tree.files)}
        self._paths = {name: entry for name, entry in entries.items() if isinstance(entry, Path)}
        self._seen = {name: file_stat(path) for name, path in self._paths.items()}
        known = load_memo(memo)
        fresh = {
            name: read_entry(self._paths[name], seen, make_hash, known.get(name)) for name, seen in self._seen.items()
        }
        made = {name: make_hash(entry) for name, entry in entries.items() if isinstance(entry, bytes)}
        self.hashes = {**{name: digest for name, (digest, _seen) in fresh.items()}, **made}
        if listing:
            self.hashes["git's index"] = make_hash(listing.encode("utf-8", "surrogateescape"))
        settled = {name: entry for name, entry in fresh.items() if entry[1]}
        if settled != known:
            write_table(memo, settled)

    @property
    def links(self) -> Mapping[str, str]:
        """Return the targets of symbolic links by name."""
        names = (name for name, seen in self._seen.items() if stat.S_ISLNK(seen[0]))
        return {name: str(self._paths[name].readlink()) for name in names}

    @property
    def has_changed(self) -> bool:
        """Return whether a file was written to since then, even if its content is the same."""
        try:
            return any(file_stat(self._paths[name]) != seen for name, seen in self._seen.items())
        except FileNotFoundError:
            return True


def digest_of(hashes: Mapping[str, str], make_hash: Hash) -> str:
    """Return one hash for all files."""
    return make_hash(json.dumps(sorted(hashes.items())).encode())


def _that_count(names: Iterable[str]) -> Iterable[str]:
    return (name for name in names if ".git/" not in name or not _OF_GIT_ALONE.match(name))


def file_stat(path: Path) -> FileStat:
    """Return the mode and times of an entry without following links."""
    state = path.lstat()
    if stat.S_ISDIR(state.st_mode):
        return [state.st_mode]
    return [state.st_mode, state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns]


def _content(path: Path, size: int) -> bytes:
    """Return the content of a file, or a substitute if it is too large for memory."""
    if size <= _LARGE:
        return path.read_bytes()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return b"SHA-256 of a large file " + digest.digest()


def read_entry(path: Path, seen: FileStat, make_hash: Hash, known: MemoEntry | None) -> MemoEntry:
    """Return the hash of a file, with its times if they reliably show later changes."""
    if known is not None and known[1] == seen:
        return known
    kind = f"{seen[0]:o} "
    if stat.S_ISLNK(seen[0]):
        return make_hash(f"{kind}{path.readlink()}".encode("utf-8", "surrogateescape")), []
    if not stat.S_ISREG(seen[0]):
        return make_hash(kind.encode()), []
    digest = make_hash(kind.encode() + _content(path, seen[1]))
    # A file that was just changed may change again within one clock tick of the file system.
    is_settled = time.time_ns() - max(seen[3:]) > _SETTLED_NANOSECONDS
    return digest, seen if is_settled else []


def load_memo(memo: Path) -> dict[str, MemoEntry]:
    """Return the cached hashes of an earlier run, as far as they can be read."""
    found: dict[str, MemoEntry] = {}
    for name, entry in read_table(memo).items():
        match entry:
            case [str(digest), [*numbers]]:
                found[name] = digest, [number for number in numbers if isinstance(number, int)]
            case _:
                pass
    return found
