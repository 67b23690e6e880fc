"""The volumes that cache tool data for containers, one per project and target.

Code in a container runs as root and can write to every mounted volume, so projects do not share volumes. An engine
does not record when a volume was last used, so the cache directory has a record for each.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cibw.errors import CibwError
from cibw.model.images import EngineName
from cibw.running.container_api import RefusedError
from cibw.running.container_connect import Engine
from cibw.running.store_files import read_texts, write_table

UNUSED_DAYS = 30.0
"""A volume that no run has used for this long is removed by the next run."""
_DAY = 86_400.0
_ENGINES = {EngineName.DOCKER.value: EngineName.DOCKER, EngineName.PODMAN.value: EngineName.PODMAN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume of an engine, its project, and when a run last used it, in seconds since the epoch."""

    name: str
    engine: EngineName
    project: str
    used: float = 0.0


def volume_name(target: str, project: str, cache_dir: Path) -> str:
    """Return the volume name of a project for a target. Each user and cache directory has its own volumes."""
    identity = f"{cache_dir.absolute()}\0{project}".encode("utf-8", "surrogateescape")
    return f"cibw-{target}-{hashlib.sha256(identity).hexdigest()[:12]}"


class VolumeRecords:
    """The volumes that runs with this cache directory have used, one file for each."""

    def __init__(self, cache_dir: Path) -> None:
        self._directory = cache_dir / "volumes"

    def note_use(self, volume: Volume) -> None:
        """Record that a run uses a volume. Errors are ignored, because they must not fail the run."""
        path = self._path(volume)
        with suppress(OSError):
            record = {"name": volume.name, "engine": volume.engine.value, "project": volume.project}
            if read_texts(path) == record:
                os.utime(path)
            else:
                write_table(path, record)

    def all(self) -> Iterator[Volume]:
        """Yield all volumes, grouped by engine. Invalid records are skipped."""
        for path in sorted(self._directory.glob("*.json")):
            texts = read_texts(path)
            engine = _ENGINES.get(texts.get("engine", ""))
            with suppress(OSError):
                if engine is not None and path.stem == f"{engine.value}-{texts.get('name')}":
                    used = path.stat().st_mtime
                    yield Volume(name=texts["name"], engine=engine, project=texts.get("project", ""), used=used)

    def unused(self, days: float = UNUSED_DAYS) -> tuple[Volume, ...]:
        """Return the volumes that no run has used for the given number of days."""
        since = time.time() - days * _DAY
        return tuple(volume for volume in self.all() if volume.used < since)

    def forget(self, volume: Volume) -> None:
        """Remove the record of a volume."""
        with suppress(OSError):
            self._path(volume).unlink(missing_ok=True)

    def _path(self, volume: Volume) -> Path:
        return self._directory / f"{volume.engine.value}-{volume.name}.json"


def remove_volumes(engine: Engine, volumes: Iterable[Volume], records: VolumeRecords) -> int:
    """Remove volumes of an engine, and return how many were removed. Volumes in use are kept, with their records."""
    removed = 0
    for volume in volumes:
        if volume.engine is engine.name:
            with suppress(CibwError, RefusedError):
                engine.client.remove_volume(volume.name)
                records.forget(volume)
                removed += 1
    return removed
