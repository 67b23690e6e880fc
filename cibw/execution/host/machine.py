"""The host as a machine."""

from __future__ import annotations

import fnmatch
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from cibw.errors import InterruptedRunError
from cibw.execution.files import remove_tree
from cibw.execution.machine import OutputSink, Tree, counted
from cibw.model.templates import CommandRequest, MemoryShortage, Outcome

# Counts the processes of this computer that the kernel killed because memory ran out.

_GROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_FILES = (("memory.events", "memory.max"), ("memory.oom_control", "memory.limit_in_bytes"))


def read_shortage(groups: Path = _GROUPS, membership: Path = _MEMBERSHIP) -> MemoryShortage | None:
    """Return the kills and the limit of this process's control group, or None if the kernel does not report them."""
    for directory in _directories(groups, membership):
        for events, limit in _FILES:
            with suppress(OSError):
                return counted(f"{(directory / events).read_text()}\nlimit {(directory / limit).read_text()}")
    return None


def shortage_since(before: MemoryShortage | None, now: MemoryShortage | None) -> MemoryShortage | None:
    """Return what was killed between two readings."""
    if before is None or now is None:
        return None
    return MemoryShortage(kills=max(0, now.kills - before.kills), limit=now.limit)


def _directories(groups: Path, membership: Path) -> list[Path]:
    """Return the control group directories of this process: version 2, then version 1."""
    second, first = [groups], [groups / "memory"]
    with suppress(OSError):
        for line in membership.read_text("utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                second.insert(0, groups / path.lstrip("/"))
            elif "memory" in controllers.split(","):
                first.insert(0, groups / "memory" / path.lstrip("/"))
    return [*second, *first]


if sys.platform == "win32":
    from cibw.execution.host.windows import WindowsProcess as HostProcess
else:
    from cibw.execution.host.processes import HostProcess

_CANNOT_RUN = 126
_NOT_FOUND = 127


class HostMachine:
    """Runs commands as processes of this computer, each in its own process group or job object."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._running: set[HostProcess] = set()
        self._left: list[HostProcess] = []
        self._closed = False

    def run(self, request: CommandRequest, output: OutputSink) -> Outcome:
        """Run a command until it ends. If it is interrupted, all processes that it started end, too."""
        started = time.monotonic()
        self._check_open()
        memory = read_shortage()
        try:
            process = HostProcess(request)
        except OSError as error:
            output(f"{request.argv[0]}: cannot be started in {request.cwd}: {error.strerror}", True)
            missing = isinstance(error, FileNotFoundError)
            return Outcome(exit_code=_NOT_FOUND if missing else _CANNOT_RUN)
        with self._watched(process):
            code, text = process.finish(output)
            if process.left_children:
                self._left.append(process)
        shortage = shortage_since(memory, read_shortage()) if code else None
        return Outcome(exit_code=code, stdout=text, seconds=time.monotonic() - started, shortage=shortage)

    def put(self, source: Path | bytes | Tree, target: str) -> None:
        """Copy a file, bytes, a directory or a tree."""
        path = Path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        match source:
            case bytes():
                path.write_bytes(source)
            case Tree():
                _copy_tree(source, path)
            case Path():
                _copy(source, path)

    def get(self, source: str, target: Path) -> None:
        """Copy one file."""
        if Path(source).is_dir():
            raise IsADirectoryError(21, "is a directory", source)
        shutil.copy2(source, target)

    def find(self, directory: str, pattern: str) -> tuple[str, ...]:
        """Return the directory entries whose names match."""
        try:
            names = sorted(path.name for path in Path(directory).iterdir())
        except FileNotFoundError:
            return ()
        return tuple(f"{directory}/{name}" for name in names if fnmatch.fnmatchcase(name, pattern))

    def make_dir(self, path: str) -> None:
        """Make a directory and its parents."""
        Path(path).mkdir(parents=True, exist_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file or a directory with its contents."""
        if Path(path).is_dir() and not Path(path).is_symlink():
            remove_tree(Path(path))
        else:
            Path(path).unlink(missing_ok=True)

    def environment(self) -> Mapping[str, str]:
        """The environment that this machine was made with."""
        return dict(self._environment)

    def close(self) -> None:
        """Stop all commands, including background processes. May be called from any thread.

        A running command ends with InterruptedRunError, and no further command can start.
        """
        with self._lock:
            self._closed = True
            running = tuple(self._running)
        for process in (*running, *(one for one in self._left if one.left_children)):
            process.end()

    @contextmanager
    def _watched(self, process: HostProcess) -> Iterator[None]:
        with self._lock:
            self._running.add(process)
        try:
            self._check_open()
            yield
            self._check_open()
        except BaseException:
            process.end()
            process.close()
            raise
        finally:
            with self._lock:
                self._running.discard(process)

    def _check_open(self) -> None:
        if self._closed:
            raise InterruptedRunError("Interrupted.")


def _copy(source: Path, target: Path) -> None:
    """Copy one entry. Sockets, pipes and devices are skipped."""
    if source.is_symlink():
        target.unlink(missing_ok=True)
        _copy_link(source, target)
    elif source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    elif source.is_file() or not source.exists():
        shutil.copy2(source, target)


def _copy_link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source.readlink(), target_is_directory=source.is_dir())
    except OSError:
        # On Windows only some users may create symbolic links.
        if os.name != "nt" or not source.exists():
            raise
        _ = shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)


def _copy_tree(tree: Tree, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in tree.files:
        source, path = tree.entry(name), target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            path.write_bytes(source)
        # Directories are created empty, because some of their contents may be excluded on purpose.
        elif source.is_dir() and not source.is_symlink():
            path.mkdir(exist_ok=True)
        else:
            _copy(source, path)
