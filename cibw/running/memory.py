"""Detects commands that failed because memory ran out; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cibw.model.command import MemoryShortage, Outcome

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
