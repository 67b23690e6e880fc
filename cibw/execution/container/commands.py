"""Runs commands in a container."""

from __future__ import annotations

import re
import secrets
import shlex
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from queue import SimpleQueue

from cibw.errors import EngineUnavailableError
from cibw.execution.container.client import ContainerCommand, ContainerHandle, EngineClient, RefusedError, StartFaults

# A container shell that runs many commands, because engines are slow to start each command.

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


class ContainerShell:
    """A shell that reads commands from its standard input and marks where the output of each ends.

    It runs one command at a time. Background processes of a command may write into the output of a later one.
    """

    def __init__(self, client: EngineClient, container: str, prefix: tuple[str, ...]) -> None:
        self._scripts: SimpleQueue[bytes | None] = SimpleQueue()
        identity = client.begin(container, ContainerCommand(argv=(*prefix, "sh"), cwd="/", reads=True))
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


def may_run(execution: ContainerCommand) -> bool:
    """Return whether a shell can set all variables of a command, that is, whether their names are valid in a shell."""
    names = execution.environment or ()
    return all(_NAME.fullmatch(name) and name not in _READ_ONLY for name in names)


def command_line(execution: ContainerCommand, inherited: Iterable[str] = ()) -> str:
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


# Runs a command in a container, from its preparation to its exit code.

_PAUSE = 0.02
_PATIENCE = 10.0
_KILLED = 137
_ENVIRONMENT = ContainerCommand(argv=("cat", "/proc/self/environ"), cwd="/")
"""Runs without a shell, which would add variables, and uses only what a small image has."""
_OF_THE_SHELL = "cat /proc/$$/environ"
"""Prints the environment that the shell started with."""


class Executor:
    """Runs commands in one container. May be shared between threads.

    With `keeps_shell`, a shell in the container runs one command after another. The engine starts commands directly
    while that shell is busy, and commands that read standard input. `variables` are added to those of the
    container.
    """

    def __init__(self, handle: ContainerHandle, *, keeps_shell: bool, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._handle = handle
        self._client = handle.client
        self._keeps_shell = keeps_shell
        self._shell: ContainerShell | None = None
        self._at_work = threading.Lock()
        self._base: Mapping[str, str] | None = None

    def execute(self, execution: ContainerCommand, take: Take, data: Iterable[bytes] = ()) -> int:
        """Run a command until it ends and return its exit code. Chunks of its output are passed to `take`.

        A command that cannot be started has exit code 126 or 127 and the reason on standard error. Raises
        InterruptedRunError if the container is closed meanwhile, EngineUnavailableError if it is lost.
        """
        inherited = () if execution.environment is None else self._inherited()
        with self._handle.explained():
            fits = self._keeps_shell and not execution.reads and may_run(execution)
            if fits and self._at_work.acquire(blocking=False):
                try:
                    return self._by_shell(command_line(execution, inherited), take)
                finally:
                    self._at_work.release()
            return self._by_engine(execution, take, data)

    def environment(self) -> Mapping[str, str]:
        """Return the environment that commands start from. It is read once."""
        return {**self._inherited(), **self._variables}

    def _inherited(self) -> Mapping[str, str]:
        """Return the container's own variables."""
        if self._base is None:
            pieces: list[bytes] = []
            with self._handle.explained():
                self._read_environment(lambda chunk, is_error: None if is_error else pieces.append(chunk))
            pairs = (item.partition("=") for item in b"".join(pieces).decode("utf-8", "replace").split("\0") if item)
            self._base = {name: value for name, _, value in pairs}
        return self._base

    def close(self) -> None:
        """End the shell. The next command may start a new one."""
        if self._shell is not None:
            self._shell.close()
            self._shell = None

    def _read_environment(self, take: Take) -> None:
        if not self._keeps_shell:
            self._by_engine(_ENVIRONMENT, take, ())
            return
        with self._at_work:
            self._by_shell(_OF_THE_SHELL, take)

    def _by_shell(self, command: str, take: Take) -> int:
        if self._shell is None:
            self._shell = ContainerShell(self._client, self._handle.name, self._handle.prefix)
        is_whole = False
        try:
            code = self._shell.run(command, take)
            is_whole = True
        except ShellLostError:
            # Query the engine to see whether the container itself ended.
            self._by_engine(ContainerCommand(argv=("true",), cwd="/"), take, ())
            take(b"The shell that ran the command was killed.\n", True)
            return _KILLED
        finally:
            if not is_whole:
                self.close()
        return code

    def _by_engine(self, execution: ContainerCommand, take: Take, data: Iterable[bytes]) -> int:
        faults = StartFaults()
        try:
            identity = self._client.begin(self._handle.name, replace(execution, argv=self._words(execution)))
            for chunk, is_error in self._client.output(identity, data):
                take(chunk, faults.judge(chunk, is_error))
        except RefusedError as refused:
            code = faults.exit_code_of(refused)
            take(f"{refused.message}\n".encode(), True)
            return code
        return faults.exit_code(self._exit_code(identity))

    def _words(self, execution: ContainerCommand) -> tuple[str, ...]:
        """The engine adds the container's own variables to those of a command, but these are meant to be complete."""
        unset = () if execution.environment is None else sorted(self._inherited().keys() - execution.environment.keys())
        without = ("env", *(word for name in unset for word in ("-u", name))) if unset else ()
        return (*self._handle.prefix, *without, *execution.argv)

    def _exit_code(self, identity: str) -> int:
        """The stream may end shortly before the engine reports the exit code."""
        deadline = time.monotonic() + _PATIENCE
        while (code := self._client.exit_code(identity)) is None:
            if time.monotonic() > deadline:
                raise EngineUnavailableError(
                    "The container engine did not report the exit code of a command.", hint="Run cibw again."
                )
            time.sleep(_PAUSE)
        return code
