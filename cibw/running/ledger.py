"""The wheels of a run, as its builds know them; builds side by side share it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from cibw.model.identifier import BuildIdentifier
from cibw.model.wheel import WheelName


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedWheel:
    """A wheel that this run has put into the output directory, and the job whose machine made it."""

    name: WheelName
    path: Path
    job: str


class Ledger:
    """Finished wheels, and the names that builds have claimed for theirs. Threads may share it."""

    def __init__(self, *finished: FinishedWheel) -> None:
        self._lock = threading.Condition()
        self._finished = list(finished)
        self._claims: dict[str, BuildIdentifier | None] = {one.path.name: None for one in finished}

    def serving(self, identifier: BuildIdentifier, job: str) -> FinishedWheel | None:
        """A finished wheel of a job that can stand in for the one of an identifier.

        A wheel of another job may ask for newer libraries, as its image may be another one.
        """
        with self._lock:
            return next((one for one in self._finished if one.job == job and one.name.serves(identifier)), None)

    def claim(self, filename: str, identifier: BuildIdentifier) -> bool:
        """Take a file name for the wheel of a build; false where another build has it."""
        with self._lock:
            return self._claims.setdefault(filename, identifier) == identifier

    def add(self, path: Path, job: str) -> FinishedWheel:
        """Enter a wheel that has reached the output directory."""
        wheel = FinishedWheel(name=WheelName.parse(path.name), path=path, job=job)
        with self._lock:
            self._finished.append(wheel)
            self._lock.notify_all()
        return wheel

    def give_up(self, identifier: BuildIdentifier) -> None:
        """Free the file name that a build has claimed and gave no wheel for."""
        with self._lock:
            kept = {name: claimant for name, claimant in self._claims.items() if claimant != identifier}
            self._claims = kept
            self._lock.notify_all()

    def wait_for(self, filename: str) -> bool:
        """Wait until the build that has claimed a file name has finished its wheel, or given up: then true."""
        with self._lock:
            self._lock.wait_for(lambda: filename not in self._claims or self._is_finished(filename))
            return filename not in self._claims

    def _is_finished(self, filename: str) -> bool:
        return any(one.path.name == filename for one in self._finished)
