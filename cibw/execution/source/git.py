"""Reads the index, references and commits of a project with git."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cibw.execution.machine import OutputSink
from cibw.model.templates import CommandRequest, Outcome

# Runs git so that it starts no program that the project configures.

_SETTINGS = {
    # Programs and hooks. An empty value does not always disable them, but it is never a program.
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.editor": "",
    "sequence.editor": "",
    "core.askPass": "",
    "core.sshCommand": "false",
    "core.gitProxy": "",
    "core.alternateRefsCommand": "",
    "credential.helper": "",
    "diff.external": "",
    "log.showSignature": "false",
    "maintenance.auto": "false",
    "gc.auto": "0",
    # Nothing is fetched. Remote helpers and `ext::` addresses are programs, too.
    "protocol.allow": "never",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    # A directory of a checkout that looks like a repository would bring its own configuration.
    "safe.bareRepository": "explicit",
    "core.quotePath": "true",
}
_GIT = ("git", "--no-pager", *(word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")))
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_TRACE2": "0",
    "GIT_TRACE2_EVENT": "0",
    "GIT_TRACE2_PERF": "0",
    "LC_ALL": "C",
}
_KEPT = re.compile(
    # The location of the user's own configuration, which may also mark directories as safe.
    r"HOME|XDG_CONFIG_HOME|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|GIT_CEILING_DIRECTORIES"
    r"|GIT_DISCOVERY_ACROSS_FILESYSTEM|USER|LOGNAME|SUDO_[UG]ID"
    # Required by any program.
    r"|TMPDIR|TEMP|TMP|LD_LIBRARY_PATH|DYLD_(FALLBACK_)?LIBRARY_PATH|DEVELOPER_DIR|SYSTEMROOT|SYSTEMDRIVE|WINDIR"
    r"|COMSPEC|PATHEXT|USERPROFILE|HOMEDRIVE|HOMEPATH|(LOCAL)?APPDATA|PROGRAMDATA|PROGRAMFILES.*|COMMONPROGRAMFILES.*",
    re.IGNORECASE if os.name == "nt" else 0,
)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_CONTROLS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class CommandRunner(Protocol):
    """The part of a machine that runs commands. It must be the host."""

    def run(self, request: CommandRequest, output: OutputSink) -> Outcome:
        """Run a command until it ends."""

    def environment(self) -> Mapping[str, str]:
        """Return the environment that commands start from."""


def git_lines(runner: CommandRunner, directory: Path, *arguments: str) -> list[str] | None:
    """Return git's output lines, or None if git fails, is missing, or finds no repository.

    Project settings never make git run another program if the command does not read the contents of the work tree.
    `git status`, `git diff` and `git add` would run filters, so the commands are limited to those that list the
    index, references and commits.
    """
    return _ask(runner, directory, arguments, _ignore)


def owner_refusal(runner: CommandRunner, directory: Path) -> str:
    """Return the command that lets git read another user's repository, or an empty string if none is needed."""
    errors: list[str] = []
    if _ask(runner, directory, ("rev-parse", "--git-dir"), errors.append) is not None:
        return ""
    # The wording differs between git versions, but all name the setting.
    return f"git config --global --add safe.directory {directory}" if "safe.directory" in "".join(errors) else ""


def unquote(line: str) -> str:
    """Parse a path as git prints it: plain, or in double quotes with C escapes."""
    if not (line.startswith('"') and line.endswith('"') and len(line) > 1):
        return line
    raw = _ESCAPE.sub(_unescape, line[1:-1].encode("utf-8", "surrogateescape"))
    return os.fsdecode(raw)


def _ask(
    runner: CommandRunner, directory: Path, arguments: tuple[str, ...], error: Callable[[str], None]
) -> list[str] | None:
    lines: list[str] = []

    def collect(line: str, is_error: bool) -> None:
        if is_error:
            error(line)
        else:
            lines.append(line)

    request = CommandRequest(
        argv=(*_GIT, *arguments), cwd=str(directory), environment=_environment(runner.environment())
    )
    return lines if runner.run(request, collect).exit_code == 0 else None


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that git needs, without those that name a program, an output file or another repository."""
    kept = {name: value for name, value in environment.items() if _KEPT.fullmatch(name)}
    # A relative entry would find programs in the project.
    entries = environment.get("PATH", "").split(os.pathsep)
    path = os.pathsep.join(entry for entry in entries if Path(entry).is_absolute())
    return {**kept, **_ENVIRONMENT, **({"PATH": path} if path else {})}


def _unescape(match: re.Match[bytes]) -> bytes:
    found = match[1]
    return bytes([int(found, 8)]) if len(found) == 3 else _CONTROLS.get(found, found)


def _ignore(_line: str) -> None:
    """Errors of git are not errors of the run."""


# Compares files of a work tree with git's index, without git.

SUBMODULE = "160000"
_LINK = "120000"
_PROGRAM = "100755"
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """A line of `git ls-files --stage -t`.

    `tag` says whether git checks the file. It does not for a lowercase letter (assume unchanged) or S (skip).
    """

    name: str
    tag: str
    mode: str
    hash: str
    stage: str

    @classmethod
    def parse(cls, line: str) -> IndexEntry:
        """Parse the tag, mode, hash and stage, and the path after a tab."""
        facts, _tab, name = line.partition("\t")
        tag, mode, digest, stage = facts.split()
        return cls(name=unquote(name), tag=tag, mode=mode, hash=digest, stage=stage)

    @property
    def identity(self) -> tuple[str, str]:
        """Return mode and hash. A conflicted file matches no commit."""
        return (self.mode, self.hash) if self.stage == "0" else ("", self.stage)

    @property
    def is_checked(self) -> bool:
        """Return whether the file in the work tree should match the index."""
        return self.tag.isupper() and self.tag != "S"


def kind_differs(entry: IndexEntry, path: Path, *, has_modes: bool) -> bool:
    """Return whether a file is missing, or has another kind or executable bit, if the file system stores these."""
    try:
        found = path.lstat()
    except OSError:
        return True
    if entry.mode == _LINK:
        # Without permission to create links, git writes a file.
        return not (stat.S_ISLNK(found.st_mode) or (not has_modes and stat.S_ISREG(found.st_mode)))
    if not stat.S_ISREG(found.st_mode):
        return True
    is_program = bool(found.st_mode & stat.S_IXUSR)
    return has_modes and is_program != (entry.mode == _PROGRAM)


def content_differs(entry: IndexEntry, path: Path) -> bool:
    """Return whether the content of a file differs, ignoring line endings."""
    if entry.mode == SUBMODULE:
        return False
    content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
    return entry.hash not in {_hash(content, entry), _hash(content.replace(b"\r\n", b"\n"), entry)}


def _hash(content: bytes, entry: IndexEntry) -> str:
    make = hashlib.sha256 if len(entry.hash) == _SHA256_DIGITS else hashlib.sha1
    return make(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
