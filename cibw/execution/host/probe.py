"""Reads facts about this computer and its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cibw.model.identifiers import Platform

_PLATFORMS = {"linux": Platform.LINUX, "darwin": Platform.MACOS, "win32": Platform.WINDOWS}
_MEMORY_OF_A_BUILD = 2 << 30
_IMAGE_PYTHONS = Path("/opt/python")


def read_environment() -> dict[str, str]:
    """Return a copy of this process's environment variables."""
    return dict(os.environ)


def read_platform() -> Platform:
    """Return the platform of this computer. Unknown platforms count as Linux."""
    return _PLATFORMS.get(sys.platform, Platform.LINUX)


def read_machine() -> str:
    """Return the processor name, such as `x86_64` or `arm64`."""
    # The platform module compiles a dozen regular expressions when it is imported.
    if hasattr(os, "uname"):
        return os.uname().machine
    import platform

    return platform.machine()


def read_node() -> str:
    """Return the network name of this computer."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform

    return platform.node()


def is_directory(path: str) -> bool:
    """Return whether a path from a variable is a directory. An empty path is not."""
    return bool(path) and Path(path).is_dir()


def read_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_jobs() -> int:
    """Return how many builds this computer can run concurrently: one per processor, with 2 GiB of memory each."""
    processors = read_processors()
    names = os.sysconf_names if hasattr(os, "sysconf_names") else {}
    if "SC_PHYS_PAGES" not in names:
        return processors
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(processors, memory // _MEMORY_OF_A_BUILD))


def image_tag(environment: Mapping[str, str]) -> str:
    """Return the platform tag of the manylinux or musllinux image that this process runs in, or an empty string."""
    return environment.get("AUDITWHEEL_PLAT", "") if _IMAGE_PYTHONS.is_dir() else ""
