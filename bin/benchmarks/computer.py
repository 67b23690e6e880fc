"""What the figures depend on: the computer, how busy it is, and the versions of the programs."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path

from benchmarks.environment import ROOT
from benchmarks.programs import answer
from cibw import __version__
from tests.peer.peer import CIBUILDWHEEL_RELEASE


def circumstances() -> str:
    """The computer and the versions, in one line."""
    docker = answer("docker", "version", "--format", "{{.Server.Version}}")
    return "; ".join(
        (
            f"{_processors()}, {_memory():.0f} GiB, {platform.system()} {_kernel()}",
            f"cibw {__version__} ({_commit()})",
            f"cibuildwheel {CIBUILDWHEEL_RELEASE}",
            f"Docker {docker or 'absent'}",
            f"Python {'.'.join(str(part) for part in sys.version_info[:3])}",
        )
    )


def load() -> str:
    """How many programs the computer was busy with during the last minute."""
    return f"load {os.getloadavg()[0]:.1f} before"


def _commit() -> str:
    git = ("git", "-C", str(ROOT))
    changed = answer(*git, "status", "--porcelain", "--", "cibw")
    return answer(*git, "rev-parse", "--short", "HEAD") + " with changes" * bool(changed)


def _processors() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    model = found[1].strip() if found else platform.machine()
    return f"{len(os.sched_getaffinity(0))} processors ({model})"


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)


def _kernel() -> str:
    """The kernel's version without what its makers add."""
    return ".".join(platform.release().split(".")[:2])
