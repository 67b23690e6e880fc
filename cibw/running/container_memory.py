"""Looks for processes of a container that the kernel killed for lack of memory."""

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
"""The second form of control groups, with a namespace and without one, and the first one."""


class MemoryWatch:
    """Counts the kills of a container's control group, which begins with none."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._kills = 0

    def look(self) -> MemoryShortage | None:
        """What has been killed since the last look; None where the kernel tells nothing."""
        pieces: list[bytes] = []
        execution = Execution(argv=("sh", "-c", _LOOK), cwd="/")
        try:
            self._executor.execute(execution, lambda chunk, is_error: None if is_error else pieces.append(chunk))
        except CibwError:
            # Whether the container is lost tells the next command.
            return None
        found = counted(b"".join(pieces).decode("utf-8", "replace"))
        before, self._kills = self._kills, max(found.kills, self._kills)
        return MemoryShortage(kills=self._kills - before, limit=found.limit, container=True)
