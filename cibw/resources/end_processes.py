"""Kills processes that a run of cibw left behind: `end_processes.py GROUPS PLACE...`.

GROUPS are process groups, separated by spaces. A group that ends in `t` is asked to end first. On Linux, processes that
have left their group are killed, too: those of the same sessions, the descendants of all of these, and those whose
environment names a PLACE, a directory that only this run used, or that hold the lock beside it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

SECONDS = 10.0
PAUSE = 0.02
PROC = "/proc"
ZOMBIE = "Z"


class Process:
    """A process and its properties."""

    def __init__(self, pid: int, parent: int, ids: set[int]) -> None:
        self.pid = pid
        self.parent = parent
        self.ids = ids


def main(groups: str, places: list[str]) -> int:
    """Ask services to end, kill all other processes, and then kill services that are still running."""
    services = {int(name[:-1]) for name in groups.split() if name.endswith("t")}
    others = {int(name) for name in groups.split() if not name.endswith("t")}
    for group in services:
        with suppress(OSError):
            os.killpg(group, signal.SIGTERM)
    _kill_all(others, places)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and any(process.ids & services for process in processes()):
        time.sleep(PAUSE)
    _kill_all(services, [])
    return 0


def _kill_all(groups: set[int], places: list[str]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        # A process may have started another one before it was killed.
        found = doomed(groups, places)
        if not found:
            return
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(PAUSE)


def doomed(groups: set[int], places: list[str]) -> set[int]:
    """Return the processes to kill, except this one and its parent, the guard, which hold the locks themselves."""
    known = list(processes())
    spared = {os.getpid(), os.getppid()}
    found = {one.pid for one in known if one.ids & groups or any(_belongs(one.pid, place) for place in places)}
    found -= spared
    size = -1
    while size != len(found):
        size = len(found)
        found |= {one.pid for one in known if one.parent in found}
    return found - spared


def processes() -> Iterator[Process]:
    """Yield all processes except zombies."""
    if not os.path.exists(f"{PROC}/self/stat"):
        yield from _listed()
        return
    for name in filter(str.isdigit, os.listdir(PROC)):
        # The program name, in parentheses, may contain any characters.
        told = _read(f"{PROC}/{name}/stat").rpartition(b")")[2].decode().split()[:4]
        if told and told[0] != ZOMBIE:
            yield Process(int(name), int(told[1]), {int(told[2]), int(told[3])})


def _listed() -> Iterator[Process]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,pgid=,stat="], capture_output=True, check=False).stdout
    for line in listed.decode("utf-8", "replace").splitlines():
        pid, parent, group, state = line.split()[:4]
        if not state.startswith(ZOMBIE):
            yield Process(int(pid), int(parent), {int(group)})


def _belongs(pid: int, place: str) -> bool:
    if os.fsencode(f"{place}/") in _read(f"{PROC}/{pid}/environ"):
        return True
    with suppress(OSError):
        return f"{place}.lock" in [_target(f"{PROC}/{pid}/fd/{name}") for name in os.listdir(f"{PROC}/{pid}/fd")]
    return False


def _read(path: str) -> bytes:
    with suppress(OSError), open(path, "rb") as file:
        return file.read()
    return b""


def _target(link: str) -> str:
    with suppress(OSError):
        return os.readlink(link)
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
