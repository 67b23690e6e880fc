"""Detects processes of a container that the kernel killed because memory ran out."""

from __future__ import annotations

from cibw.errors import CibwError
from cibw.model.command import MemoryShortage
from cibw.running.container_api import Execution
from cibw.running.container_exec import Executor
from cibw.running.memory import counted

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
        execution = Execution(argv=("sh", "-c", _LOOK), cwd="/")
        try:
            self._executor.execute(execution, lambda chunk, is_error: None if is_error else pieces.append(chunk))
        except CibwError:
            # The next command reports whether the container is lost.
            return None
        found = counted(b"".join(pieces).decode("utf-8", "replace"))
        before, self._kills = self._kills, max(found.kills, self._kills)
        return MemoryShortage(kills=self._kills - before, limit=found.limit, container=True)
