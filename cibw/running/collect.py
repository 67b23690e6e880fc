"""Copies wheels from a machine to the output directory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cibw.errors import CibwError
from cibw.model.events import WheelFile
from cibw.running.machine import Machine
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.zips import check_wheel

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A wheel in a hidden directory below the output directory, where it stays until its tests have passed."""

    path: Path
    wheel: WheelFile
    warnings: tuple[str, ...] = ()

    def land(self) -> Path:
        """Move the wheel into the output directory."""
        return self.path.replace(self.path.parent.parent / self.path.name)


@contextmanager
def waiting_place(output_dir: Path) -> Iterator[Path]:
    """Create a hidden directory below the output directory, which is removed when the context ends."""
    output_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".cibw-", dir=output_dir, ignore_cleanup_errors=True) as directory:
        yield Path(directory)


def fetch(machine: Machine, wheel: str, place: Path) -> Parcel:
    """Copy a wheel from a machine into a staging directory. Raise CibwError if the wheel is broken."""
    path = place / wheel.rpartition("/")[2]
    machine.get(wheel, path)
    try:
        check_wheel(path)
    except ArchiveError as error:
        raise CibwError(
            f"{path.name} is not a valid wheel: {error}.",
            hint="Check the output of repair-wheel-command or the build backend.",
        ) from error
    return Parcel(path=path, wheel=describe(path, path.name))


def describe(path: Path, filename: str) -> WheelFile:
    """Return the size in bytes and the SHA-256 of a wheel."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return WheelFile(filename=filename, size=path.stat().st_size, sha256=digest.hexdigest())
