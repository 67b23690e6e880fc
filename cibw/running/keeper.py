"""Saves finished wheels between runs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cibw.model.plan import Job, WheelBuild
from cibw.running.store import StoredWheel


class Keeper(Protocol):
    """Saves wheels by their inputs. Its errors never fail a build. May be shared between threads."""

    def find(self, job: Job, build: WheelBuild) -> StoredWheel | None:
        """Return the stored wheel with the same inputs as this build."""

    def take(self, job: Job, build: WheelBuild, directory: Path) -> StoredWheel | None:
        """Copy that wheel into a directory."""

    def has_passed(self, job: Job, build: WheelBuild, sha256: str) -> bool:
        """Return whether this build's tests can be skipped for a wheel: there are none, or they passed before."""

    def keep(self, job: Job, build: WheelBuild, path: Path, entry: StoredWheel) -> None:
        """Save a wheel that is built, repaired and audited."""

    def pass_tests(self, job: Job, build: WheelBuild, sha256: str) -> None:
        """Record that the tests of this build have passed for a wheel."""

    def close(self) -> None:
        """Clean up at the end of a run."""


class Forgetful:
    """Saves nothing and finds nothing."""

    def find(self, _job: Job, _build: WheelBuild) -> StoredWheel | None:
        """Return None."""
        return None

    def take(self, _job: Job, _build: WheelBuild, _directory: Path) -> StoredWheel | None:
        """Return None."""
        return None

    def has_passed(self, _job: Job, _build: WheelBuild, _sha256: str) -> bool:
        """Return False."""
        return False

    def keep(self, _job: Job, _build: WheelBuild, _path: Path, _entry: StoredWheel) -> None:
        """Do nothing."""

    def pass_tests(self, _job: Job, _build: WheelBuild, _sha256: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
