"""Who keeps finished wheels from one run to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cibw.model.plan import Job, WheelBuild
from cibw.running.store import StoredWheel


class Keeper(Protocol):
    """Keeps wheels by what they were made of; no build fails by what goes wrong in that. Threads may share it."""

    def find(self, job: Job, build: WheelBuild) -> StoredWheel | None:
        """The wheel that this build would make again."""

    def take(self, job: Job, build: WheelBuild, directory: Path) -> StoredWheel | None:
        """Copy that wheel into a directory."""

    def has_passed(self, job: Job, build: WheelBuild, sha256: str) -> bool:
        """Whether the tests of this build need not run for a wheel: there are none, or they have passed before."""

    def keep(self, job: Job, build: WheelBuild, path: Path, entry: StoredWheel) -> None:
        """Keep a wheel that is built, repaired and audited."""

    def pass_tests(self, job: Job, build: WheelBuild, sha256: str) -> None:
        """Note that the tests of this build have passed for a wheel."""

    def close(self) -> None:
        """Leave things in order at the end of a run."""


class Forgetful:
    """Keeps nothing and finds nothing."""

    def find(self, _job: Job, _build: WheelBuild) -> StoredWheel | None:
        """None."""
        return None

    def take(self, _job: Job, _build: WheelBuild, _directory: Path) -> StoredWheel | None:
        """None."""
        return None

    def has_passed(self, _job: Job, _build: WheelBuild, _sha256: str) -> bool:
        """False."""
        return False

    def keep(self, _job: Job, _build: WheelBuild, _path: Path, _entry: StoredWheel) -> None:
        """Do nothing."""

    def pass_tests(self, _job: Job, _build: WheelBuild, _sha256: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
