"""Wheels between a machine and the output directory, and the finished wheels of a run."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cibw.errors import CibwError
from cibw.execution.machine import Machine
from cibw.model.events import WheelFile
from cibw.model.identifiers import BuildIdentifier
from cibw.model.release import WheelName
from cibw.untrusted.limits import ArchiveError
from cibw.untrusted.zips import check_wheel

# Copies wheels from a machine to the output directory.

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedWheel:
    """A wheel in a hidden directory below the output directory, where it stays until its tests have passed."""

    path: Path
    wheel: WheelFile
    warnings: tuple[str, ...] = ()

    def commit(self) -> Path:
        """Move the wheel into the output directory."""
        return self.path.replace(self.path.parent.parent / self.path.name)


@contextmanager
def waiting_place(output_dir: Path) -> Iterator[Path]:
    """Create a hidden directory below the output directory, which is removed when the context ends."""
    output_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".cibw-", dir=output_dir, ignore_cleanup_errors=True) as directory:
        yield Path(directory)


def fetch(machine: Machine, wheel: str, place: Path) -> StagedWheel:
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
    return StagedWheel(path=path, wheel=describe(path, path.name))


def describe(path: Path, filename: str) -> WheelFile:
    """Return the size in bytes and the SHA-256 of a wheel."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return WheelFile(filename=filename, size=path.stat().st_size, sha256=digest.hexdigest())


# The finished wheels of a run, shared by its concurrent builds.


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedWheel:
    """A wheel in the output directory, with the job and the build that made it."""

    name: WheelName
    path: Path
    job: str
    maker: BuildIdentifier | None = None


class FinishedWheels:
    """Finished wheels, and the file names that builds have claimed. May be shared between threads.

    Builds get the same results as if they ran one after another in the `order` of the plan: only wheels of earlier
    builds are reused, and if two builds claim a name, the earlier one gets it. So the result does not depend on
    which build finishes first.
    """

    def __init__(self, *finished: FinishedWheel, order: Iterable[BuildIdentifier] = ()) -> None:
        self._lock = threading.Condition()
        self._finished = list(finished)
        self._claims: dict[str, BuildIdentifier | None] = {one.path.name: None for one in finished}
        self._order = {identifier: number for number, identifier in enumerate(order)}

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Within the context, no other thread adds or withdraws a wheel."""
        with self._lock:
            yield

    def is_earlier(self, one: BuildIdentifier | None, other: BuildIdentifier) -> bool:
        """Return whether a build precedes another one in the plan. None comes first."""
        return one is None or self._order.get(one, 0) < self._order.get(other, 0)

    def serving(self, identifier: BuildIdentifier, job: str) -> FinishedWheel | None:
        """Return the wheel of the earliest build of a job that can be reused for an identifier.

        A wheel of another job may need newer libraries, because its image may be different.
        """
        with self._lock:
            found = [
                one
                for one in self._finished
                if one.job == job and one.name.serves(identifier) and self.is_earlier(one.maker, identifier)
            ]
            return min(found, key=lambda one: -1 if one.maker is None else self._order[one.maker], default=None)

    def has_named(self, maker: BuildIdentifier, filename: str) -> bool:
        """Return whether the finished wheel of a build has a file name."""
        with self._lock:
            return any(one.maker == maker and one.path.name == filename for one in self._finished)

    def claim(self, filename: str, identifier: BuildIdentifier) -> bool:
        """Claim a file name for the wheel of a build. Return False if an earlier build has it."""
        with self._lock:
            holder = self._claims.setdefault(filename, identifier)
            if holder is None or self.is_earlier(holder, identifier):
                return False
            self._claims[filename] = identifier
            return True

    def add(self, path: Path, job: str, maker: BuildIdentifier) -> FinishedWheel:
        """Add a wheel that has been moved to the output directory."""
        wheel = FinishedWheel(name=WheelName.parse(path.name), path=path, job=job, maker=maker)
        with self._lock:
            self._finished.append(wheel)
            self._lock.notify_all()
        return wheel

    def withdraw(self, maker: BuildIdentifier) -> None:
        """Remove the wheel of a build from the output directory, unless an earlier build has claimed its name."""
        with self._lock:
            for wheel in [one for one in self._finished if one.maker == maker]:
                self._finished.remove(wheel)
                if self._claims.get(wheel.path.name) == maker:
                    wheel.path.unlink(missing_ok=True)
            self.give_up(maker)

    def give_up(self, identifier: BuildIdentifier) -> None:
        """Release the file name that a build has claimed but not used."""
        with self._lock:
            kept = {name: claimant for name, claimant in self._claims.items() if claimant != identifier}
            self._claims = kept
            self._lock.notify_all()

    def wait_for(self, filename: str) -> bool:
        """Wait until the build that claimed a file name finishes its wheel or releases the name.

        Return whether the name was released.
        """
        with self._lock:
            self._lock.wait_for(lambda: filename not in self._claims or self._is_finished(filename))
            return filename not in self._claims

    def _is_finished(self, filename: str) -> bool:
        return any(one.path.name == filename for one in self._finished)
