"""The wheels of a run, as its builds know them; builds side by side share it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cibw.model.identifier import BuildIdentifier
from cibw.model.wheel import WheelName


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedWheel:
    """A wheel that this run has put into the output directory, the job whose machine made it, and the build."""

    name: WheelName
    path: Path
    job: str
    maker: BuildIdentifier | None = None


class Ledger:
    """Finished wheels, and the names that builds have claimed for theirs. Threads may share it.

    Builds find what they would find if they ran one after another in the `order` of the plan: wheels of earlier builds
    alone serve, and of two builds that claim one name the earlier has it. So the wheels of a run do not depend on which
    build ends first.
    """

    def __init__(self, *finished: FinishedWheel, order: Iterable[BuildIdentifier] = ()) -> None:
        self._lock = threading.Condition()
        self._finished = list(finished)
        self._claims: dict[str, BuildIdentifier | None] = {one.path.name: None for one in finished}
        self._order = {identifier: number for number, identifier in enumerate(order)}

    @contextmanager
    def settling(self) -> Iterator[None]:
        """For as long as the context lasts, no other thread enters or withdraws a wheel."""
        with self._lock:
            yield

    def is_earlier(self, one: BuildIdentifier | None, other: BuildIdentifier) -> bool:
        """Whether a build comes before another one in the plan; None comes first."""
        return one is None or self._order.get(one, 0) < self._order.get(other, 0)

    def serving(self, identifier: BuildIdentifier, job: str) -> FinishedWheel | None:
        """The wheel of the earliest build of a job that can stand in for the one of an identifier.

        A wheel of another job may ask for newer libraries, as its image may be another one.
        """
        with self._lock:
            found = [
                one
                for one in self._finished
                if one.job == job and one.name.serves(identifier) and self.is_earlier(one.maker, identifier)
            ]
            return min(found, key=lambda one: -1 if one.maker is None else self._order[one.maker], default=None)

    def has_named(self, maker: BuildIdentifier, filename: str) -> bool:
        """Whether the finished wheel of a build has a file name."""
        with self._lock:
            return any(one.maker == maker and one.path.name == filename for one in self._finished)

    def claim(self, filename: str, identifier: BuildIdentifier) -> bool:
        """Take a file name for the wheel of a build; false where it is the name of an earlier one's."""
        with self._lock:
            holder = self._claims.setdefault(filename, identifier)
            if holder is None or self.is_earlier(holder, identifier):
                return False
            self._claims[filename] = identifier
            return True

    def add(self, path: Path, job: str, maker: BuildIdentifier) -> FinishedWheel:
        """Enter a wheel that has reached the output directory."""
        wheel = FinishedWheel(name=WheelName.parse(path.name), path=path, job=job, maker=maker)
        with self._lock:
            self._finished.append(wheel)
            self._lock.notify_all()
        return wheel

    def withdraw(self, maker: BuildIdentifier) -> None:
        """Take the wheel of a build out of the output directory, unless an earlier one has the name by now."""
        with self._lock:
            for wheel in [one for one in self._finished if one.maker == maker]:
                self._finished.remove(wheel)
                if self._claims.get(wheel.path.name) == maker:
                    wheel.path.unlink(missing_ok=True)
            self.give_up(maker)

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
