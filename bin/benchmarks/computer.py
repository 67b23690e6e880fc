"""What the figures depend on: the computer, how busy it is, and the versions of the programs."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path

from peer import PEER_RELEASE

from benchmarks.environment import ROOT
from benchmarks.programs import answer
from cibw import __version__


def circumstances() -> str:
    """The computer, the load before the first run, and versions, in one line."""
    load = os.getloadavg()[0]
    docker = answer("docker", "version", "--format", "{{.Server.Version}}")
    return "; ".join(
        (
            f"{_processors()}, {_memory():.0f} GiB, {platform.system()} {_kernel()}",
            f"load {load:.1f} before",
            f"cibw {__version__} ({answer('git', '-C', str(ROOT), 'describe', '--always', '--dirty')})",
            f"cibuildwheel {PEER_RELEASE}",
            f"Docker {docker or 'absent'}",
            f"Python {'.'.join(str(part) for part in sys.version_info[:3])}",
        )
    )


def _processors() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    model = found[1].strip() if found else platform.machine()
    return f"{len(os.sched_getaffinity(0))} processors ({model})"


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)


def _kernel() -> str:
    """The kernel's version without what its makers add."""
    return ".".join(platform.release().split(".")[:2])
