"""A container shell that runs many commands, because engines are slow to start each command."""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from queue import SimpleQueue

from cibw.running.container_api import EngineClient, Execution

Take = Callable[[bytes, bool], None]
_MARK = b"\x1e"
"""Programs hardly ever write this byte, so nearly all output is passed on immediately."""


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_READ_ONLY = frozenset("BASHOPTS BASHPID BASH_ARGC BASH_ARGV BASH_VERSINFO EUID GROUPS PPID SHELLOPTS UID".split())
_SET_BY_SHELLS = ("OLDPWD", "PWD", "SHLVL", "_")
_OF_SHELLS = re.compile(
    # Variables that change how a shell or `env` works. None of them is a secret.
    r"_|PATH|HOME|PWD|OLDPWD|SHLVL|IFS|ENV|BASH.*|POSIX.*|LANG|LANGUAGE|LC_.*|LD_.*|DYLD_.*|GLIBC_.*|MALLOC_.*|TZ|TERM"
    r"|RANDOM|SRANDOM|SECONDS|EPOCH.*|LINENO|HIST.*|OPT(?:ARG|ERR|IND)|TMOUT|PS[0-4]|PROMPT_.*|MAIL.*|CDPATH|COMP_.*"
    r"|DIRSTACK|FUNC.*|GLOBIGNORE|PIPESTATUS|REPLY|TIMEFORMAT|COLUMNS|LINES|FCEDIT|IGNOREEOF|HOST(?:NAME|TYPE)|MACHTYPE"
    r"|OSTYPE"
)


class ShellLostError(Exception):
    """The shell ended in the middle of a command."""


class Shell:
    """A shell that reads commands from its standard input and marks where the output of each ends.

    It runs one command at a time. Background processes of a command may write into the output of a later one.
    """

    def __init__(self, client: EngineClient, container: str, prefix: tuple[str, ...]) -> None:
        self._scripts: SimpleQueue[bytes | None] = SimpleQueue()
        identity = client.begin(container, Execution(argv=(*prefix, "sh"), cwd="/", reads=True))
        self._output = client.output(identity, iter(self._scripts.get, None))

    def run(self, command: str, take: Take) -> int:
        """Run a command line and return its exit code. Raise ShellLostError if the shell ends before reporting it."""
        token = secrets.token_hex(16)
        marks = f"c=$?; printf '\\036%s %s.' {token} $c; printf '\\036%s 0.' {token} >&2"
        self._scripts.put(f"({command}) </dev/null\n{marks}\n".encode("utf-8", "surrogateescape"))
        ends = {False: _End(token), True: _End(token)}
        for chunk, is_error in self._output:
            piece = ends[is_error].feed(chunk)
            if piece:
                take(piece, is_error)
            code = ends[False].code
            if code is not None and ends[True].code is not None:
                return code
        for is_error, end in ends.items():
            take(end.held, is_error)
        raise ShellLostError

    def close(self) -> None:
        """End the shell."""
        self._scripts.put(None)


def may_run(execution: Execution) -> bool:
    """Return whether a shell can set all variables of a command, that is, whether their names are valid in a shell."""
    names = execution.environment or ()
    return all(_NAME.fullmatch(name) and name not in _READ_ONLY for name in names)


def command_line(execution: Execution, inherited: Iterable[str] = ()) -> str:
    """Return a shell line that runs a command in its directory, or exits with 127 if that directory is missing.

    `inherited` are the names of the variables that the shell started with. A command gets only its own variables.
    Values are never passed as program arguments, which every user of the computer can read.
    """
    change = f"cd -- {shlex.quote(execution.cwd)} || exit 127"
    if execution.environment is None:
        return f"{change}; {_own_script(execution.argv)}"
    own = {name: value for name, value in execution.environment.items() if not _OF_SHELLS.fullmatch(name)}
    exports = "".join(f"export {name}={shlex.quote(value)}; " for name, value in own.items())
    return f"{change}; {exports}exec {shlex.join((*_settled(execution.environment, inherited), *execution.argv))}"


def _own_script(argv: tuple[str, ...]) -> str:
    """Return the line for a command of cibw itself.

    Its scripts run in the shell, because their arguments may contain project files.
    """
    if argv[:2] != ("sh", "-c"):
        return f"exec {shlex.join(argv)}"
    return f"{shlex.join(('set', '--', *argv[4:]))}; eval {shlex.quote(argv[2])}"


def _settled(environment: Mapping[str, str], inherited: Iterable[str]) -> Iterator[str]:
    """Yield words that unset variables the command must not have, and set those that would affect the shell itself."""
    yield "env"
    for name in sorted({*inherited, *_SET_BY_SHELLS} - environment.keys()):
        yield from ("-u", name)
    for name, value in environment.items():
        if _OF_SHELLS.fullmatch(name):
            yield f"{name}={value}"


class _End:
    """Finds the mark after the output of a command. `held` is output that may be the beginning of the mark."""

    def __init__(self, token: str) -> None:
        self.code: int | None = None
        self.held = b""
        self._start = _MARK + token.encode() + b" "
        self._mark = re.compile(re.escape(self._start) + rb"(\d+)\.")

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk of a stream, and return the part that is certainly output."""
        text = self.held + chunk
        found = self._mark.search(text)
        if found:
            self.code, self.held = int(found[1]), b""
            return text[: found.start()]
        at = text.rfind(_MARK)
        if at < 0 or not _may_be(text[at:], self._start):
            at = len(text)
        self.held = text[at:]
        return text[:at]


def _may_be(text: bytes, start: bytes) -> bool:
    return text.startswith(start) or start.startswith(text)
