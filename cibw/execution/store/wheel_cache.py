"""Takes wheels from the store and puts them there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from cibw.execution.source.project import ProjectState, digest_of
from cibw.execution.store.keys import (
    IMAGE,
    SOURCE,
    ExternalInputs,
    Key,
    KeyedHash,
    differences,
    key_of_tests,
    key_of_wheel,
    shortened,
)
from cibw.execution.store.store import Store, StoredWheel, prune
from cibw.model.plan import Job, WheelBuild

# Saves finished wheels between runs.


class WheelCache(Protocol):
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


class NullCache:
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


# Saves finished wheels in the store, and explains misses.

_NO_IMAGE = "the image is not available locally yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Settings of a run's store.

    `project` is the name of the project, and `source` the contents of its files when the run began. `external_inputs`
    are further inputs; `the image` is empty there while it is not available locally. `inputs_have_changed` returns
    whether files outside the project were written to since then. `explain` receives the reason why a build must
    run, `warn` receives errors. Unless `takes` is set, the store is only written to. `limit` is in bytes.
    """

    store: Store
    keyed_hash: KeyedHash
    project: str
    source: ProjectState
    external_inputs: Callable[[Job, WheelBuild], ExternalInputs]
    inputs_have_changed: Callable[[], bool] = lambda: False
    warn: Callable[[str], None]
    explain: Callable[[Job, WheelBuild, str], None] | None = None
    takes: bool = True
    limit: int


class StoreCache:
    """The wheel cache of a run with a store. May be shared between threads."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._store = settings.store
        self._has_kept = False
        self._warning = threading.Lock()
        self._told: set[str] = set()
        self._project = settings.keyed_hash(settings.project)
        self._source = digest_of(settings.source.hashes, settings.keyed_hash)

    def find(self, job: Job, build: WheelBuild) -> StoredWheel | None:
        """Return the stored wheel with the same inputs as this build."""
        if not self._settings.takes:
            return None
        key = self._key(job, build)
        found = self._store.find(key.digest) if key else None
        if found is None and self._settings.explain is not None:
            self._settings.explain(job, build, f"not in the store: {self._why(job, build, key)}")
        return found

    def take(self, job: Job, build: WheelBuild, directory: Path) -> StoredWheel | None:
        """Copy that wheel into a directory. Return None if that fails."""
        key = self._key(job, build)
        with suppress(OSError):
            return self._store.take(key.digest, directory) if key and self._settings.takes else None
        return None

    def has_passed(self, job: Job, build: WheelBuild, sha256: str) -> bool:
        """Return whether there are no tests to run for a wheel, or they have passed."""
        if not build.test:
            return True
        around = self._around(job, build)
        if around is None or not self._settings.takes or self._has_unfollowed(around, tests=True):
            return False
        has_passed = self._store.has_passed(key_of_tests(job, build, around, sha256, self._settings.keyed_hash).digest)
        if not has_passed and self._settings.explain is not None:
            self._settings.explain(job, build, "its tests must run")
        return has_passed

    def keep(self, job: Job, build: WheelBuild, path: Path, entry: StoredWheel) -> None:
        """Save a wheel. Warn once if the store fails."""
        key = self._key(job, build)
        # The machine may have received a file that the user was just writing.
        if key is None or self._has_changed():
            return
        identifier, project = str(build.identifier), self._settings.project
        with self._warned():
            self._store.put(key.digest, path, replace(entry, identifier=identifier, project=project))
            self._store.remember(self._project, identifier, key.parts, self._settings.source.hashes)
            self._has_kept = True

    def pass_tests(self, job: Job, build: WheelBuild, sha256: str) -> None:
        """Record that the tests of this build have passed for a wheel."""
        around = self._around(job, build)
        if around is None or not build.test or self._has_unfollowed(around, tests=True):
            return
        if not self._has_changed():
            with self._warned():
                self._store.pass_tests(key_of_tests(job, build, around, sha256, self._settings.keyed_hash).digest)

    def close(self) -> None:
        """Enforce the size limit of the store, if something was added."""
        if self._has_kept:
            with self._warned():
                prune(self._store, self._settings.limit)

    def _key(self, job: Job, build: WheelBuild) -> Key | None:
        around = self._around(job, build)
        if around is None or self._has_unfollowed(around):
            return None
        return key_of_wheel(job, build, around, self._settings.keyed_hash)

    def _has_changed(self) -> bool:
        return self._settings.source.has_changed or self._settings.inputs_have_changed()

    def _has_unfollowed(self, around: ExternalInputs, *, tests: bool = False) -> bool:
        """Return whether the build or its tests may read unknown inputs. This is reported once."""
        reasons = (*around.unfollowed, *(around.unfollowed_by_tests if tests else ()))
        for reason in reasons:
            if reason not in self._told:
                self._told.add(reason)
                what = "Its tests run each time" if reason not in around.unfollowed else "The store is not used"
                self._settings.warn(f"{what} because {reason}.")
        return bool(reasons)

    def _around(self, job: Job, build: WheelBuild) -> ExternalInputs | None:
        """Return further inputs of a build, or None while they are unknown."""
        around = self._settings.external_inputs(job, build)
        tools = {**around.tools, SOURCE: self._source}
        return replace(around, tools=tools) if around.tools.get(IMAGE, " ") else None

    def _why(self, job: Job, build: WheelBuild, key: Key | None) -> str:
        if key is None:
            around = self._around(job, build)
            return shortened(around.unfollowed, "; ") if around else _NO_IMAGE
        identifier = str(build.identifier)
        last = self._store.last_parts(self._project, identifier)
        if not last:
            return "no run has built it yet"
        found = differences({**last, SOURCE: ""}, {**key.parts, SOURCE: ""})
        if last.get(SOURCE) != key.parts[SOURCE]:
            files = differences(self._store.last_files(self._project, identifier), self._settings.source.hashes)
            found.insert(0, f"the source: {shortened(files)}")
        return shortened(found, "; ") or "it was removed to save space"

    @contextmanager
    def _warned(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self._warning.acquire(blocking=False):
                self._settings.warn(
                    f"The store at {self._store.directory} cannot be used ({error.strerror or error}), so the "
                    "next run may build the same wheels again."
                )
