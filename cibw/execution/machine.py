"""The machine protocol, and a machine that is ready for a job."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cibw.errors import CibwError
from cibw.model.plan import Fetch
from cibw.model.templates import CommandRequest, MemoryShortage, Outcome, Placeholder


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Files below a root on this computer, as POSIX paths relative to it.

    `moved` contains entries that are elsewhere: their path, or their content.
    """

    root: Path
    files: tuple[str, ...]
    moved: Mapping[str, Path | bytes] = field(default_factory=dict)

    def entry(self, name: str) -> Path | bytes:
        """Return the path of an entry on this computer, or the content of a file that does not exist on it."""
        return self.moved.get(name, self.root / name)


OutputSink = Callable[[str, bool], None]
"""Receives each line of output without its newline, and whether it came from standard error."""


class Machine(Protocol):
    """Runs commands: a container, the host, or a recording.

    Paths on the machine are absolute POSIX strings. A command that cannot be started (program or working directory
    not found) has exit code 126 or 127 and the reason on standard error. It never runs elsewhere. Standard input is
    empty.
    """

    def run(self, request: CommandRequest, output: OutputSink) -> Outcome:
        """Run a command until it ends, and pass each line of its output to `output`."""

    def put(self, source: Path | bytes | Tree, target: str) -> None:
        """Copy a file, bytes or a tree of files to `target`, creating parent directories."""

    def get(self, source: str, target: Path) -> None:
        """Copy one file from the machine to `target`. Raise FileNotFoundError if it does not exist."""

    def find(self, directory: str, pattern: str) -> tuple[str, ...]:
        """Return the sorted absolute paths of directory entries that match a glob; none if the directory is missing."""

    def make_dir(self, path: str) -> None:
        """Create a directory and its parents, if they do not exist."""

    def remove(self, path: str) -> None:
        """Remove a file or a directory with its contents, if it exists."""

    def environment(self) -> Mapping[str, str]:
        """Return the environment that commands start from."""


# Splits the byte output of a command into lines of text.

LINE_LIMIT = 1 << 20
"""Maximum bytes of a line. Longer lines are passed on in pieces."""
TEXT_LIMIT = 2 << 20
"""Maximum bytes of standard output that are kept for the outcome. The rest is only passed on as lines.

Concurrent builds each keep this much, and no environment variable can hold more than a part of it.
"""


class LineSplitter:
    r"""Yields the lines of a stream of bytes, regardless of its chunks.

    A line ends with `\n` or `\r\n`. Of a progress display, which overwrites its line after each `\r`, only the last
    state is kept. A line that is not UTF-8 is decoded with `otherwise`; bytes that are invalid there, too, become
    replacement characters.
    """

    def __init__(self, emit: Callable[[str], None], otherwise: str = "utf-8") -> None:
        self._emit = emit
        self._otherwise = otherwise
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk, and yield the lines that end in it."""
        first, *others = chunk.split(b"\n")
        self._rest += first
        for piece in others:
            self._give(self._rest)
            self._rest = bytearray(piece)
        if len(self._rest) > LINE_LIMIT:
            self._shorten()

    def close(self) -> None:
        """Yield the last line, if it is not terminated."""
        if self._rest:
            self._give(self._rest)
            self._rest.clear()

    def _shorten(self) -> None:
        head, _, tail = self._rest.rpartition(b"\r")
        if len(tail) <= LINE_LIMIT:
            # Text before \r is overwritten, unless \n follows immediately.
            self._rest = tail or head.rpartition(b"\r")[2][-LINE_LIMIT:] + b"\r"
            return
        self._give(tail[:LINE_LIMIT])
        self._rest = tail[LINE_LIMIT:]

    def _give(self, line: bytearray) -> None:
        shown = line.rstrip(b"\r").rpartition(b"\r")[2]
        self._emit(_text(shown, self._otherwise))


class OutputSplitter:
    """Passes the lines of both streams of a command to a sink, and keeps the text of standard output."""

    def __init__(self, output: OutputSink, otherwise: str = "utf-8") -> None:
        self._otherwise = otherwise
        self._lines = {
            False: LineSplitter(lambda line: output(line, False), otherwise),
            True: LineSplitter(lambda line: output(line, True), otherwise),
        }
        self._kept = bytearray()

    def feed(self, chunk: bytes, is_error: bool) -> None:
        """Take the next chunk of one of the streams."""
        if not is_error and len(self._kept) < TEXT_LIMIT:
            self._kept += chunk[: TEXT_LIMIT - len(self._kept)]
        self._lines[is_error].feed(chunk)

    def close(self) -> str:
        """Pass on the last lines, and return the text of standard output."""
        for splitter in self._lines.values():
            splitter.close()
        return _text(self._kept, self._otherwise)


def _text(content: bytes | bytearray, otherwise: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(otherwise, "replace")


# Detects commands that failed because memory ran out; pure.

KILLED = 137
"""128 plus the number of SIGKILL."""
_UNLIMITED = 1 << 60
_COUNT = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
_LIMIT = re.compile(r"^limit (\d+)$", re.MULTILINE)
_WORDS = re.compile(
    r"Killed signal terminated program"
    r"|internal compiler error: Killed"
    r"|signal: 9, SIGKILL"
    r"|\bKilled$|: +\d+ Killed  "
    r"|exit(?:ed with)? (?:code|status) 137\b"
    r"|virtual memory exhausted"
    r"|out of memory allocating"
    r"|LLVM ERROR: out of memory"
)
"""Messages of gcc, rustc, shells, make and ninja about killed processes, and of compilers without memory."""


def counted(text: str) -> MemoryShortage:
    """Parse the number of processes a control group has lost, and its limit: the lines `oom_kill N` and `limit N`."""
    kills, limit = _COUNT.search(text), _LIMIT.search(text)
    size = int(limit[1]) if limit else None
    return MemoryShortage(
        kills=int(kills[1]) if kills else 0, limit=size if size is not None and size < _UNLIMITED else None
    )


def shortage_of(outcome: Outcome, last_lines: Iterable[str]) -> MemoryShortage | None:
    """Return the memory shortage that made a command fail, as counted by the machine or reported in its output."""
    if outcome.shortage is not None and outcome.shortage.kills:
        return outcome.shortage
    if outcome.exit_code == KILLED or any(_WORDS.search(line) for line in last_lines):
        return outcome.shortage or MemoryShortage()
    return None


# Watches for an interrupt during long operations.

_LOOK_SECONDS = 0.1


@contextmanager
def ended_by(check_cancelled: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """Call `end` once, from another thread, if `check_cancelled` raises before the context ends."""
    over = threading.Event()

    def watch() -> None:
        try:
            while not over.wait(_LOOK_SECONDS):
                check_cancelled()
        except CibwError:
            end()

    watcher = threading.Thread(target=watch, name="watch for an interrupt")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def pause(seconds: float, check_cancelled: Callable[[], None], sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait, but raise the error of `check_cancelled` as soon as it raises one."""
    for _ in range(round(seconds / _LOOK_SECONDS)):
        check_cancelled()
        sleep(_LOOK_SECONDS)


# A machine that is ready for a job.

Fetcher = Callable[[Fetch, str], None]
"""Downloads a file of a plan to a path of the machine."""


def fetch_nothing(wanted: Fetch, _path: str) -> None:
    """Refuse a download, for machines whose container image contains everything."""
    raise CibwError(
        f"This machine does not download files, but the plan needs {wanted.url}.",
        hint="Create the plan on the computer that runs the builds.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPolicy:
    """How the state after before-all is saved for later runs.

    `files` are the hashes of the project's files, and `has_changed` returns whether the files have changed since
    then. `start` describes the state that the machine started from; it is empty if before-all must run. `anew`
    opens a machine without such a state. `keep` saves the machine's current state.
    """

    files: Mapping[str, str]
    has_changed: Callable[[], bool]
    start: str
    anew: Callable[[], AbstractContextManager[MachineSession]]
    keep: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCompilers:
    """Compilers that replace those of a toolchain whose C++ library is unsuitable.

    `environment` is the complete environment of a build, and `toolchain` the part that selects the compilers.
    """

    environment: Mapping[str, str]
    toolchain: Mapping[str, str] = field(default_factory=dict)


Others = Callable[[Mapping[str, str]], OtherCompilers]
"""Returns other compilers for a build that starts from an environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSession:
    """A machine that is ready, its description in one line, and its directories.

    If `bindings` has no PROJECT, each build has a copy of the project in its work directory. before-all runs in
    `before_all_dir`, and what it leaves there becomes the source of all builds. `freeze` saves the state of the
    machine while nothing runs on it, and `fork` opens another machine from that state. `stop` ends running commands
    with InterruptedRunError. It may be called from any thread, and no command runs on the machine after it.
    `snapshot_policy` is set if the state is saved between runs.

    Commands start with `environment` in addition to the machine's own. `toolchain` is the part of both that selects
    a compiler provided by `cibw`, and `advice` is a hint for when it fails. `other_compilers` give objects that are
    linked with each other the same C++ library. `fetcher` downloads files of a plan.
    """

    machine: Machine
    description: str
    bindings: Mapping[Placeholder, str]
    work_dir: str
    before_all_dir: str
    freeze: Callable[[], None]
    fork: Callable[[], AbstractContextManager[MachineSession]]
    stop: Callable[[], None]
    snapshot_policy: SnapshotPolicy | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    toolchain: Mapping[str, str] = field(default_factory=dict)
    advice: str = ""
    other_compilers: Others | None = None
    fetcher: Fetcher = fetch_nothing

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment that the commands of a plan start from."""
        return {**self.machine.environment(), **self.environment}
