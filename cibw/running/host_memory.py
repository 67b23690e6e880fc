"""Counts the processes of this computer that the kernel killed because memory ran out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cibw.model.command import MemoryShortage
from cibw.running.memory import counted

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
