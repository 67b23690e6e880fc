"""A container as a machine."""

from __future__ import annotations

import base64
import io
import os
import stat
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from posixpath import basename, dirname, normpath
from types import TracebackType
from typing import IO

from typing_extensions import Self

from cibw.errors import CibwError, CommandFailedError, ErrorContext, assert_never
from cibw.execution.container.client import ContainerCommand, ContainerHandle
from cibw.execution.container.commands import Executor
from cibw.execution.machine import OutputSink, OutputSplitter, Tree, counted
from cibw.model.templates import CommandRequest, MemoryShortage, Outcome

# Detects processes of a container that the kernel killed because memory ran out.

_LOOK = """
look() { [ -r "$1/$2" ] && grep "^oom_kill " "$1/$2" && echo "limit $(cat "$1/$3")"; }
own=$(sed -n "s/^0:://p" /proc/self/cgroup)
look "/sys/fs/cgroup$own" memory.events memory.max || look /sys/fs/cgroup memory.events memory.max ||
look /sys/fs/cgroup/memory memory.oom_control memory.limit_in_bytes
"""
"""Control groups version 2, with and without a namespace, then version 1."""


class MemoryWatch:
    """Counts the kills in a container's control group, starting from zero."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._kills = 0

    def look(self) -> MemoryShortage | None:
        """Return what was killed since the last call, or None if the kernel does not report it."""
        pieces: list[bytes] = []
        execution = ContainerCommand(argv=("sh", "-c", _LOOK), cwd="/")
        try:
            self._executor.execute(execution, lambda chunk, is_error: None if is_error else pieces.append(chunk))
        except CibwError:
            # The next command reports whether the container is lost.
            return None
        found = counted(b"".join(pieces).decode("utf-8", "replace"))
        before, self._kills = self._kills, max(found.kills, self._kills)
        return MemoryShortage(kills=self._kills - before, limit=found.limit, container=True)


# Tar archives, streamed from files and bytes.

_PIECE = 1 << 20
_FULL_MODE = 0o7777
_END = bytes(2 * tarfile.BLOCKSIZE)


class Pieces:
    """An iterable that is read once and stores the error that ended it.

    The sender of the chunks would otherwise mistake an unreadable file for a broken connection.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.fault: OSError | None = None
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except OSError as error:
            self.fault = error
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A tar archive in chunks of about a megabyte, its total size, and the directory to unpack it in."""

    directory: str
    size: int
    pieces: Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    header: bytes
    content: Path | bytes = b""
    size: int = 0


def pack(source: Path | bytes | Tree, target: str) -> Archive:
    """Create an archive that unpacks a source to the absolute path `target`. Raise ValueError if it is relative.

    The archive is created while it is sent, so it is held neither in memory nor in a temporary file. Modes,
    symbolic links and modification times are kept; sockets and devices are skipped. A directory's contents are
    unpacked into `target`. The format is GNU tar, because busybox supports no other format with long names.
    """
    target = normpath(target)
    if not target.startswith("/"):
        raise ValueError(f"{target} is not absolute")
    into = isinstance(source, Tree) or (isinstance(source, Path) and source.is_dir())
    members = list(_members(source, basename(target)))
    return Archive(
        directory=target if into else dirname(target),
        size=sum(len(member.header) + _padded(member.size) for member in members) + len(_END),
        pieces=Pieces(_gather(_written(members))),
    )


def _members(source: Path | bytes | Tree, name: str) -> Iterator[_Member]:
    match source:
        case bytes():
            yield _made(source, name)
        case Path():
            yield from _directory(source) if source.is_dir() else _entry(source.resolve(), name)
        case Tree(files=files):
            for file in files:
                entry = source.entry(file)
                yield from [_made(entry, file)] if isinstance(entry, bytes) else _entry(entry, file)
        case _:
            assert_never(source)


def _directory(path: Path) -> Iterator[_Member]:
    for directory, directories, files in os.walk(path):
        directories.sort()
        for child in sorted([*directories, *files]):
            found = Path(directory, child)
            yield from _entry(found, found.relative_to(path).as_posix())


def _made(content: bytes, name: str) -> _Member:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return _Member(header=_header(info), content=content, size=info.size)


def _entry(path: Path, name: str) -> Iterator[_Member]:
    status = path.lstat()
    info = tarfile.TarInfo(name)
    info.mode = status.st_mode & _FULL_MODE
    info.mtime = int(status.st_mtime)
    if stat.S_ISLNK(status.st_mode):
        info.type = tarfile.SYMTYPE
        info.linkname = str(path.readlink())
    elif stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISREG(status.st_mode):
        info.size = status.st_size
    else:
        return
    yield _Member(header=_header(info), content=path, size=info.size)


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _written(members: Iterable[_Member]) -> Iterator[bytes]:
    for member in members:
        yield member.header
        if member.size:
            yield from _content(member)
    yield _END


def _content(member: _Member) -> Iterator[bytes]:
    """Yield exactly the size given in the header plus padding, even if the file shrinks or grows meanwhile."""
    left = member.size
    with _opened(member.content) as file:
        while left > 0:
            piece = file.read(min(_PIECE, left)) or bytes(min(_PIECE, left))
            left -= len(piece)
            yield piece
    yield bytes(_padded(member.size) - member.size)


def _opened(content: Path | bytes) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _padded(size: int) -> int:
    return size + -size % tarfile.BLOCKSIZE


def _gather(pieces: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        if len(buffer) >= _PIECE:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


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

    def __init__(
        self, handle: ContainerHandle, *, keeps_shell: bool = True, variables: Mapping[str, str] | None = None
    ) -> None:
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

    def run(self, request: CommandRequest, output: OutputSink) -> Outcome:
        """Run a command until it ends, and pass each line of its output to `output`."""
        execution = ContainerCommand(argv=request.argv, cwd=request.cwd, environment=request.environment)
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

    def _run(self, execution: ContainerCommand, output: OutputSink, data: Iterable[bytes] = ()) -> Outcome:
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

    def _capture(self, execution: ContainerCommand, data: Iterable[bytes] = ()) -> str:
        errors: list[str] = []

        def note(line: str, is_error: bool) -> None:
            if is_error:
                errors.append(line)

        outcome = self._run(execution, note, data)
        if outcome.exit_code != 0:
            raise _failure(" ".join(execution.argv)[:_LONGEST_TOLD], outcome.exit_code, tuple(errors))
        return outcome.stdout


def _shell(script: str, *arguments: str, reads: bool = False) -> ContainerCommand:
    return ContainerCommand(argv=("sh", "-c", script, "sh", *arguments), cwd="/", reads=reads)


def _failure(command: str, code: int, errors: tuple[str, ...]) -> CommandFailedError:
    reason = errors[-1] if errors else f"exit code {code}"
    context = ErrorContext(command=command.strip(), exit_code=code, last_lines=errors[-20:])
    return CommandFailedError(f"An action in the container failed: {reason}", context=context)
