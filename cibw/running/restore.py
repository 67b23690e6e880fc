"""Restores wheels from the store before any machine is opened."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cibw.model.events import BuildResult, Status, WheelFile
from cibw.running.collect import Parcel, describe, waiting_place
from cibw.running.keeper import Keeper
from cibw.running.ledger import Ledger
from cibw.running.tasks import Task
from cibw.untrusted.faults import ArchiveError
from cibw.untrusted.zips import check_wheel

Finish = Callable[[Task, BuildResult], None]


def restored(keeper: Keeper, task: Task, place: Path) -> Parcel | None:
    """Copy the stored wheel of a build into a staging directory, if an earlier run has made it."""
    stored = keeper.take(task.stage.job, task.build, place)
    if stored is None:
        return None
    try:
        check_wheel(place / stored.filename)
    except ArchiveError:
        # It was stored before wheels were checked. The newly built wheel replaces it.
        return None
    wheel = WheelFile(filename=stored.filename, size=stored.size, sha256=stored.sha256)
    return Parcel(path=place / stored.filename, wheel=wheel, warnings=stored.warnings)


class Restorer:
    """Finishes builds whose wheels have been built and tested by an earlier run."""

    def __init__(self, keeper: Keeper, ledger: Ledger, output_dir: Path, finish: Finish) -> None:
        self._keeper = keeper
        self._ledger = ledger
        self._output_dir = output_dir
        self._finish = finish

    def restore(self, task: Task) -> bool:
        """Put a build's stored wheel into the output directory. Return False if it must be built or tested."""
        # If the output directory is not writable, the build itself reports the error.
        with suppress(OSError):
            return self._restore(task)
        return False

    def _restore(self, task: Task) -> bool:
        started = time.monotonic()
        job, build = task.stage.job, task.build
        found = self._keeper.find(job, build)
        if found is None or not self._keeper.has_passed(job, build, found.sha256):
            return False
        if self._ledger.serving(build.identifier, job.name):
            return False
        with waiting_place(self._output_dir) as place:
            parcel = restored(self._keeper, task, place)
            if parcel is None or not self._ledger.claim(parcel.wheel.filename, build.identifier):
                return False
            self._ledger.add(parcel.land(), job.name, build.identifier)
        task.maker = build.identifier
        self._end(task, Status.RESTORED, parcel, started)
        return True

    def reuse(self, task: Task) -> bool:
        """Reuse a wheel of this run for a build if its tests have passed with it before."""
        started = time.monotonic()
        job, build = task.stage.job, task.build
        earlier = self._ledger.serving(build.identifier, job.name)
        if earlier is None:
            return False
        wheel = describe(earlier.path, earlier.path.name)
        if not self._keeper.has_passed(job, build, wheel.sha256):
            return False
        task.maker = earlier.maker
        self._end(task, Status.REUSED, Parcel(path=earlier.path, wheel=wheel), started)
        return True

    def _end(self, task: Task, status: Status, parcel: Parcel, started: float) -> None:
        build = task.build
        result = BuildResult(
            identifier=build.identifier,
            status=status,
            seconds=time.monotonic() - started,
            wheel=parcel.wheel,
            tested=bool(build.test),
            untested=build.untested,
            warnings=parcel.warnings,
        )
        self._finish(task, result)
