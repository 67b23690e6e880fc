"""Queries git about a project without running programs that the project configures."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from cibw.model.command import Outcome, Request
from cibw.running.machine import OutputSink

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


class Runner(Protocol):
    """The part of a machine that runs commands. It must be the host."""

    def run(self, request: Request, output: OutputSink) -> Outcome:
        """Run a command until it ends."""

    def environment(self) -> Mapping[str, str]:
        """Return the environment that commands start from."""


def git_lines(runner: Runner, directory: Path, *arguments: str) -> list[str] | None:
    """Return git's output lines, or None if git fails, is missing, or finds no repository.

    Project settings never make git run another program if the command does not read the contents of the work tree.
    `git status`, `git diff` and `git add` would run filters, so the commands are limited to those that list the
    index, references and commits.
    """
    return _ask(runner, directory, arguments, _ignore)


def owner_refusal(runner: Runner, directory: Path) -> str:
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


def _ask(runner: Runner, directory: Path, arguments: tuple[str, ...], error: Callable[[str], None]) -> list[str] | None:
    lines: list[str] = []

    def collect(line: str, is_error: bool) -> None:
        if is_error:
            error(line)
        else:
            lines.append(line)

    request = Request(argv=(*_GIT, *arguments), cwd=str(directory), environment=_environment(runner.environment()))
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
