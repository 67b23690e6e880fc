"""Files outside of the project that a build names, and their hashes."""

from __future__ import annotations

import os
import re
import shlex
import stat
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cibw.execution.files import write_table
from cibw.execution.source.project import FileStat, Hash, MemoEntry, file_stat, load_memo, read_entry

# Finds file and directory names in commands, variable values and configuration files; pure.

KNOWN = "\0"
"""Stands for text that names the build's own directories, or for the value of an unknown variable."""
_UNKNOWN = "\1"
"""Stands for the output of a command that may name any directory."""
_VARIABLE = re.compile(r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::?[-=+?](?P<default>[^{}]*))?\})")
_SUBSTITUTION = re.compile(r"\$\((?P<round>[^()`]*)\)|`(?P<back>[^`]*)`")
_STAYS_INSIDE = re.compile(
    r"\s*(pwd|nproc|uname|getconf|git|python[\d.]*|pip[\d.]*|basename|dirname|date|wc|id|whoami|hostname)\b"
)
"""Programs whose output names nothing outside the project and the Python that builds."""
_SEPARATORS = re.compile(r"[\s'\"`;,|&<>()\[\]{}=]+")
_OPEN = re.compile(r"[*?\[{\0\1]")
"""The end of the known beginning of a name."""
_RELATIVE = re.compile(r"[\w+@~-]*[\w.+@~-]*(?:/[\w.+@~-]+)*")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_HOME_OF_OTHERS = re.compile(r"~[A-Za-z_][\w.-]*/")
_SPECIAL = re.compile(r"[$`]")
_DEEPEST = 20
_LONGEST = 1_000
_LONGEST_COMMAND = 20_000
_SEGMENT = re.compile(r"&&|\|\||[;|\n()`]")
_BEFORE_PROGRAM = re.compile(
    r"(?:[A-Za-z_]\w*=\S*|if|then|elif|else|do|while|until|exec|env|time|nice|command|sudo|[!{])\s+"
)
"""Assignments, shell keywords, and programs that start another program."""
_PROGRAM = re.compile(r"[\w.+-]+")


@dataclass(frozen=True, slots=True)
class FoundNames:
    """The absolute names in a text, and `unknown` words, which are only known at run time.

    `beginnings` are the known beginnings of absolute names, such as `/host` in `/host$DIRECTORY/a.h`.
    """

    absolute: frozenset[str] = field(default_factory=frozenset)
    unknown: frozenset[str] = field(default_factory=frozenset)
    beginnings: frozenset[str] = field(default_factory=frozenset)


def names_in(text: str, variables: Mapping[str, str]) -> FoundNames:
    """Return the file names in a text, with variables and the home directory expanded.

    A name with a wildcard or an unknown part stands for the directory before that part.
    """
    absolute: set[str] = set()
    unknown: set[str] = set()
    beginnings: set[str] = set()
    for piece in _expanded(text, variables):
        if "/" not in piece and "\\" not in piece:
            continue
        for word in _words(piece):
            if f"{_UNKNOWN}/" in word:
                unknown.add(word.replace(_UNKNOWN, "$(...)").replace(KNOWN, "..."))
            elif _HOME_OF_OTHERS.match(word):
                unknown.add(word.replace(KNOWN, "..."))
            elif name := _absolute(word):
                beginning = _OPEN.split(name, maxsplit=1)[0]
                is_whole = beginning == name
                absolute.add(name if is_whole else beginning.rpartition("/")[0] or "/")
                beginnings.update(() if is_whole else (beginning,))
    return FoundNames(frozenset(absolute), frozenset(unknown), frozenset(beginnings))


def relative_names_in(text: str) -> Iterator[str]:
    """Yield words that may be names of files beside the one that contains the text."""
    for word in dict.fromkeys(_SEPARATORS.split(text)):
        if len(word) < _LONGEST and ("." in word or "/" in word) and _RELATIVE.fullmatch(word.lstrip("./")):
            yield word


def programs_in(text: str) -> Iterator[str]:
    """Yield the programs that a shell command calls by their bare names."""
    for segment in _SEGMENT.split(text):
        rest = segment.strip()
        while before := _BEFORE_PROGRAM.match(rest):
            rest = rest[before.end() :]
        if (program := _PROGRAM.match(rest)) and (rest + " ")[program.end()].isspace():
            yield program[0]


def _expanded(text: str, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the text without variables and substitutions, and the contents of these."""
    inner: list[str] = []
    if "$" not in text and "`" not in text and "~" not in text:
        yield text
        return

    def value(match: re.Match[str]) -> str:
        if match["default"]:
            inner.append(match["default"])
        # A shell does not parse a value again.
        return _SPECIAL.sub(KNOWN, variables.get(match["plain"] or match["braced"], KNOWN))

    def output(match: re.Match[str]) -> str:
        command = match["round"] if match["back"] is None else match["back"]
        inner.append(command)
        return KNOWN if _STAYS_INSIDE.match(command) else _UNKNOWN

    text = _VARIABLE.sub(value, text)
    for _depth in range(_DEEPEST):
        text, count = _SUBSTITUTION.subn(output, text)
        if not count:
            break
    yield text
    yield from inner
    home = variables.get("HOME") or variables.get("USERPROFILE")
    if home:
        yield from (re.sub(r"(?<![^\s'\"=:,])~(?=/)", lambda _match: home, one) for one in (text, *inner) if "~" in one)


def _words(text: str) -> Iterator[str]:
    """Yield the text itself, its shell words, and their parts, as far as they may be names."""
    yield text.strip()
    try:
        words = shlex.split(text, comments=False) if len(text) <= _LONGEST_COMMAND else []
    except ValueError:
        words = []
    for word in (*words, *_SEPARATORS.split(text)):
        yield word
        if _DRIVE.match(word) is None:
            yield from (part for part in word.split(":") if part != word)
        if word[:1] in {"-", "@"} and "/" in word:
            yield word[word.index("/") :]
    # Windows separates directories by semicolons, and they may contain spaces.
    yield from (part.strip() for part in text.split(";"))
    yield from (part.strip() for part in text.split(":") if " " in part)


def _absolute(word: str) -> str:
    """Return the absolute path in a word, or an empty string."""
    if word.startswith("file:"):
        word = unquote(urlsplit(word).path)
        word = word[1:] if _DRIVE.match(word[1:]) else word
    if word.startswith("//") or len(word) > _LONGEST or "\n" in word:
        return ""
    return word if word.startswith("/") or _DRIVE.match(word) else ""


# Hashes files outside the project that a build reads by name.

_MOST_ENTRIES = 5_000
_MOST_BYTES = 64_000_000
_LONGEST_TEXT = 262_144
_MOST_FILES = 2_000
_MOST_REMEMBERED = 50_000
_OF_THE_SYSTEM = re.compile(r"/(usr(?!/local)|bin|sbin|lib\w*|etc|boot|var|System|Library|nix/store)(/|$)")
_NEVER = re.compile(r"/(dev(?!/shm/)|proc|sys)(/|$)|/run(/(user|systemd|dbus|udev|lock)(/|$)|$)")
_HOLDS_EVERYTHING = frozenset(
    Path(name)
    for name in (
        *("/", "/usr", "/usr/local", "/opt", "/home", "/Users", "/root", "/tmp", "/var", "/var/tmp", "/mnt", "/etc"),  # noqa: S108
        *("/bin", "/sbin", "/lib", "/lib64", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/share"),
        *("/usr/include", "/usr/local/bin", "/usr/local/share", "/opt/homebrew", "/opt/homebrew/bin", "C:/"),
    )
)
_PASSING = frozenset({"__pycache__", ".git"})


class TooManyFilesError(Exception):
    """A directory contains too many files to hash in each run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedFiles:
    """Hashes by file and directory name, and reasons why something could not be hashed."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


class InputFiles:
    """Hashes files and directories by name, for one run. May be shared between threads.

    Hashes are cached in the file `memo`. `project` and its parents are skipped, because the project's files have
    their own hashes.
    """

    def __init__(self, project: Path, make_hash: Hash, memo: Path, variables: Mapping[str, str]) -> None:
        self._project = project
        self._hash = make_hash
        self._memo = memo
        self._variables = variables
        self._known = load_memo(memo)
        self._fresh: dict[str, MemoEntry] = {}
        self._looks: dict[Path, FileStat] = {}
        self._done: dict[Path, str | None] = {}
        self._lock = threading.Lock()
        self._everything = {*_HOLDS_EVERYTHING, Path.home(), Path(tempfile.gettempdir())}

    def follow(self, names: Mapping[str, str], *, is_strict: bool) -> HashedFiles:
        """Return the hashes of existing files under absolute names, which are given with the places that name them.

        Text files are searched for further file names. A directory that is too large is a reason if `is_strict` is
        set.
        """
        with self._lock:
            found = {name: self._closure(Path(name)) for name in names}
            self._save()
        hashes: dict[str, str] = {}
        for some in found.values():
            hashes.update(some or {})
        too_large = [name for name, some in found.items() if some is None and not _OF_THE_SYSTEM.match(name)]
        reasons = (f"{names[name]} names {name}, which contains more than {_MOST_ENTRIES} files" for name in too_large)
        return HashedFiles(hashes=hashes, reasons=tuple(reasons) if is_strict else ())

    @property
    def has_changed(self) -> bool:
        """Return whether a file was written to since it was read."""
        with self._lock:
            return any(_look(path) != look for path, look in self._looks.items())

    def _closure(self, start: Path) -> dict[str, str] | None:
        """Return the hashes of an entry and of the files that it names, or None if a directory is too large."""
        found: dict[str, str] = {}
        waiting = [start]
        while waiting and len(found) < _MOST_FILES:
            path = waiting.pop()
            if str(path) in found or not self._is_followed(path):
                continue
            identity = self._identity(path)
            if identity is None:
                return None
            found[str(path)] = identity
            waiting += self._named_by(path)
        return found

    def holds_everything(self, path: Path) -> bool:
        """Return whether a directory is too general to hash all of it, or contains the project."""
        return path in self._everything or self._project.is_relative_to(path)

    def _is_followed(self, path: Path) -> bool:
        return not _NEVER.match(str(path)) and not self.holds_everything(path) and os.path.lexists(path)

    def _named_by(self, path: Path) -> Iterator[Path]:
        """Yield the existing files that a text file names by absolute path or relative to itself."""
        text = text_of(path)
        if not text:
            return
        for name in names_in(text, self._variables).absolute:
            if _is_file(Path(name)):
                yield Path(name)
        for name in relative_names_in(text):
            if _is_file(path.parent / name):
                yield Path(os.path.normpath(path.parent / name))

    def _identity(self, path: Path) -> str | None:
        if path not in self._done:
            self._done[path] = self._read(path)
        return self._done[path]

    def _read(self, path: Path) -> str | None:
        self._looks[path] = _look(path)
        try:
            real = path.resolve()
            return self._directory(real) if real.is_dir() else self._file(real)
        except TooManyFilesError:
            return None
        except (OSError, RuntimeError) as error:
            # Missing, a link loop, or not readable by this user. That may change, too.
            return self._hash(f"{type(error).__name__}".encode())

    def _directory(self, root: Path) -> str:
        entries = list(_entries(root))
        size = sum(found.st_size for _name, _path, found in entries if stat.S_ISREG(found.st_mode))
        lines = []
        for name, path, found in entries:
            self._looks[path] = _look(path)
            if not stat.S_ISREG(found.st_mode):
                lines.append(f"{name} {found.st_mode}")
            elif size > _MOST_BYTES:
                lines.append(f"{name} {found.st_mode} {found.st_size} {found.st_ino} {found.st_ctime_ns}")
            else:
                lines.append(f"{name} {self._file(path.resolve())}")
        self._looks[root] = _look(root)
        return self._hash("\n".join(sorted(lines)).encode("utf-8", "surrogateescape"))

    def _file(self, path: Path) -> str:
        look = file_stat(path)
        self._looks[path] = _look(path)
        if stat.S_ISREG(look[0]) and look[1] > _MOST_BYTES:
            return self._hash(repr(look).encode())
        entry = read_entry(path, look, self._hash, self._known.get(str(path)))
        if entry[1]:
            self._fresh[str(path)] = entry
        return entry[0]

    def _save(self) -> None:
        both = {**self._known, **self._fresh}
        if both != self._known:
            self._known = both if len(both) <= _MOST_REMEMBERED else dict(self._fresh)
            with suppress(OSError):
                write_table(self._memo, self._known)


def _entries(root: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield the entries below a directory, following links. Raise TooManyFilesError if there are too many."""
    seen = {root}
    waiting = [("", root)]
    count = 0
    while waiting:
        prefix, directory = waiting.pop()
        for child in sorted(directory.iterdir()):
            if child.name in _PASSING:
                continue
            count += 1
            if count > _MOST_ENTRIES:
                raise TooManyFilesError
            name = f"{prefix}{child.name}"
            try:
                found = child.stat()
            except OSError:
                found = child.lstat()
            yield name, child, found
            if stat.S_ISDIR(found.st_mode) and (real := child.resolve()) not in seen:
                seen.add(real)
                waiting.append((f"{name}/", real))


def text_of(path: Path) -> str:
    """Return the content of a small text file that does not belong to the system, otherwise an empty string."""
    try:
        found = path.stat()
        is_read = stat.S_ISREG(found.st_mode) and found.st_size <= _LONGEST_TEXT and not _OF_THE_SYSTEM.match(str(path))
        content = path.read_bytes() if is_read else b""
    except OSError:
        return ""
    return "" if b"\0" in content else content.decode("utf-8", "surrogateescape")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _look(path: Path) -> FileStat:
    """Return values that change when a file or a directory listing changes, or nothing if it is missing."""
    try:
        found = path.lstat()
        return [found.st_mode, found.st_mtime_ns] if stat.S_ISDIR(found.st_mode) else file_stat(path)
    except OSError:
        return []
