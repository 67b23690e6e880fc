"""A container as a machine."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import IO

from typing_extensions import Self

from cibw.errors import CibwError, CommandFailedError, ErrorContext
from cibw.model.command import Outcome, Request
from cibw.running.container_api import Execution
from cibw.running.container_archive import pack
from cibw.running.container_exec import Executor
from cibw.running.container_handle import Handle
from cibw.running.container_memory import MemoryWatch
from cibw.running.lines import OutputSplitter
from cibw.running.machine import OutputSink, Tree

_UNPACK = 'mkdir -p -- "$1" && head -c "$2" | tar -xpf - -C "$1"'
"""Some connections cannot signal the end of their data, and busybox's tar waits for it."""
_UNPACK_TEXT = 'mkdir -p -- "$1" && printf %s "$2" | base64 -d | tar -xpf - -C "$1"'
_LONGEST_TEXT = 64 << 10
"""The largest archive, in bytes, that is passed on the command line, whose arguments are limited to 128 KiB."""
_SEND = 'if [ -d "$1" ]; then exit 102; elif [ ! -e "$1" ]; then exit 101; fi; exec cat -- "$1"'
_LONGEST_TOLD = 400
_IS_DIRECTORY = 102
_IS_MISSING = 101
_LIST = """
cd -- "$1" 2>/dev/null || exit 0
for f in * .*; do if [ -e "$f" ] || [ -L "$f" ]; then printf '%s\\0' "$f"; fi; done
"""


class ContainerMachine:
    """A running container, created by `open_container`. Must be closed.

    It may be used from several threads at once. Closing it from one thread ends the commands of the others with
    InterruptedRunError. Files are transferred by commands (`tar`, `cat`): the engine's own copy function does not
    see files that are mounted in memory, and if the host's root is mounted it can fill the host's mount table.
    """

    def __init__(self, handle: Handle, *, keeps_shell: bool = True, variables: Mapping[str, str] | None = None) -> None:
        self._handle = handle
        self._executor = Executor(handle, keeps_shell=keeps_shell, variables=variables or {})
        self._memory = MemoryWatch(self._executor)

    @property
    def name(self) -> str:
        """The container's name."""
        return self._handle.name

    def explained(self) -> AbstractContextManager[None]:
        """Raise the right error if the container was closed on purpose or went away."""
        return self._handle.explained()

    def run(self, request: Request, output: OutputSink) -> Outcome:
        """Run a command until it ends, and pass each line of its output to `output`."""
        execution = Execution(argv=request.argv, cwd=request.cwd, environment=request.environment)
        outcome = self._run(execution, output)
        return replace(outcome, shortage=self._memory.look()) if outcome.exit_code else outcome

    def put(self, source: Path | bytes | Tree, target: str) -> None:
        """Copy a file, bytes or a tree of files to `target`, creating parent directories.

        A directory is copied with its contents, so that `target` becomes that directory.
        """
        archive = pack(source, target)
        if archive.size <= _LONGEST_TEXT:
            text = base64.b64encode(b"".join(archive.pieces)).decode()
            self._act(_UNPACK_TEXT, archive.directory, text)
            return
        try:
            self._act(_UNPACK, archive.directory, str(archive.size), data=archive.pieces)
        except CibwError:
            if archive.pieces.fault is not None:
                raise archive.pieces.fault from None
            raise

    def get(self, source: str, target: Path) -> None:
        """Copy one file from the container to `target`. Raise FileNotFoundError if it does not exist."""
        try:
            with target.open("wb") as file:
                self._fetch(source, file)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def find(self, directory: str, pattern: str) -> tuple[str, ...]:
        """Return the sorted absolute paths of directory entries that match a glob; none if the directory is missing."""
        names = (name for name in self._act(_LIST, directory).split("\0") if name not in {"", ".", ".."})
        return tuple(sorted(f"{directory.rstrip('/')}/{name}" for name in names if fnmatchcase(name, pattern)))

    def make_dir(self, path: str) -> None:
        """Create a directory and its parents, if they do not exist."""
        self._act('mkdir -p -- "$1"', path)

    def remove(self, path: str) -> None:
        """Remove a file or a directory with its contents, if it exists."""
        self._act('rm -rf -- "$1"', path)

    def environment(self) -> Mapping[str, str]:
        """Return the environment that commands start from. It is read once."""
        return dict(self._executor.environment())

    def close(self) -> None:
        """Remove the container with its volumes, without raising errors.

        A container that is to be kept is not removed. It keeps running unless a command must be stopped.
        """
        self._handle.release()
        self._executor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, execution: Execution, output: OutputSink, data: Iterable[bytes] = ()) -> Outcome:
        started = time.monotonic()
        splitter = OutputSplitter(output)
        code = self._executor.execute(execution, splitter.feed, data)
        return Outcome(exit_code=code, stdout=splitter.close(), seconds=time.monotonic() - started)

    def _fetch(self, source: str, file: IO[bytes]) -> None:
        errors = bytearray()

        def take(chunk: bytes, is_error: bool) -> None:
            if is_error:
                errors.extend(chunk)
            else:
                file.write(chunk)

        code = self._executor.execute(_shell(_SEND, source), take)
        if code == _IS_DIRECTORY:
            raise IsADirectoryError(source)
        if code == _IS_MISSING:
            raise FileNotFoundError(source)
        if code != 0:
            raise _failure(f"get {source}", code, tuple(errors.decode("utf-8", "replace").splitlines()))

    def _act(self, script: str, *arguments: str, data: Iterable[bytes] = ()) -> str:
        return self._capture(_shell(script, *arguments, reads=data != ()), data)

    def _capture(self, execution: Execution, data: Iterable[bytes] = ()) -> str:
        errors: list[str] = []

        def note(line: str, is_error: bool) -> None:
            if is_error:
                errors.append(line)

        outcome = self._run(execution, note, data)
        if outcome.exit_code != 0:
            raise _failure(" ".join(execution.argv)[:_LONGEST_TOLD], outcome.exit_code, tuple(errors))
        return outcome.stdout


def _shell(script: str, *arguments: str, reads: bool = False) -> Execution:
    return Execution(argv=("sh", "-c", script, "sh", *arguments), cwd="/", reads=reads)


def _failure(command: str, code: int, errors: tuple[str, ...]) -> CommandFailedError:
    reason = errors[-1] if errors else f"exit code {code}"
    context = ErrorContext(command=command.strip(), exit_code=code, last_lines=errors[-20:])
    return CommandFailedError(f"An action in the container failed: {reason}", context=context)
