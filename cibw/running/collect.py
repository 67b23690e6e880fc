"""Wheels on their way between a machine and the output directory."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from zipfile import is_zipfile

from cibw.errors import CibwError
from cibw.model.events import WheelFile
from cibw.running.machine import Machine

_BLOCK = 1 << 20


def collect(machine: Machine, wheel: str, output_dir: Path) -> WheelFile:
    """Copy a wheel into the output directory under a temporary name, then rename it; CibwError for a broken one."""
    output_dir.mkdir(parents=True, exist_ok=True)
    filename = wheel.rpartition("/")[2]
    partial = output_dir / f".{filename}.{os.getpid()}.part"
    try:
        machine.get(wheel, partial)
        if not is_zipfile(partial):
            raise CibwError(
                f"{filename} is not a wheel: it is no zip archive.",
                hint="Look at what repair-wheel-command, or the build backend, wrote.",
            )
        described = describe(partial, filename)
        partial.replace(output_dir / filename)
    finally:
        partial.unlink(missing_ok=True)
    return described


def describe(path: Path, filename: str) -> WheelFile:
    """The size in bytes and the SHA-256 of a wheel."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return WheelFile(filename=filename, size=path.stat().st_size, sha256=digest.hexdigest())
