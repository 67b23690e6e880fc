"""Runs a command in a container, from its preparation to its exit code."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from cibw.errors import EngineUnavailableError
from cibw.running.container_api import Execution, RefusedError
from cibw.running.container_faults import StartFaults
from cibw.running.container_handle import Handle
from cibw.running.container_shell import Shell, ShellLostError, Take, command_line, may_run

_PAUSE = 0.02
_PATIENCE = 10.0
_KILLED = 137
_ENVIRONMENT = Execution(argv=("cat", "/proc/self/environ"), cwd="/")
"""Runs without a shell, which would add variables, and uses only what a small image has."""
_OF_THE_SHELL = "cat /proc/$$/environ"
"""Prints the environment that the shell started with."""


class Executor:
    """Runs commands in one container. May be shared between threads.

    With `keeps_shell`, a shell in the container runs one command after another. The engine starts commands directly
    while that shell is busy, and commands that read standard input. `variables` are added to those of the
    container.
    """

    def __init__(self, handle: Handle, *, keeps_shell: bool, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._handle = handle
        self._client = handle.client
        self._keeps_shell = keeps_shell
        self._shell: Shell | None = None
        self._at_work = threading.Lock()
        self._base: Mapping[str, str] | None = None

    def execute(self, execution: Execution, take: Take, data: Iterable[bytes] = ()) -> int:
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
            self._shell = Shell(self._client, self._handle.name, self._handle.prefix)
        is_whole = False
        try:
            code = self._shell.run(command, take)
            is_whole = True
        except ShellLostError:
            # Query the engine to see whether the container itself ended.
            self._by_engine(Execution(argv=("true",), cwd="/"), take, ())
            take(b"The shell that ran the command was killed.\n", True)
            return _KILLED
        finally:
            if not is_whole:
                self.close()
        return code

    def _by_engine(self, execution: Execution, take: Take, data: Iterable[bytes]) -> int:
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

    def _words(self, execution: Execution) -> tuple[str, ...]:
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
