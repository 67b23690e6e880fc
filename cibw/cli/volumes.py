"""Show and remove the cache volumes of projects in container engines."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from cibw.errors import CibwError
from cibw.model.images import EngineName
from cibw.reporting.wording import count
from cibw.running.container_connect import connect
from cibw.running.container_volumes import Volume, VolumeRecords, remove_volumes


def describe_volumes(records: VolumeRecords) -> Iterator[str]:
    """A line for each volume, without contacting an engine."""
    for volume in records.all():
        day = time.strftime("%Y-%m-%d", time.localtime(volume.used))
        yield f"volume   {volume.name} of {volume.engine.value.capitalize()}: {volume.project}, last used {day}"


def clear_volumes(records: VolumeRecords, volumes: Iterable[Volume], environment: Mapping[str, str]) -> Iterator[str]:
    """Remove volumes; yield a line per engine with their number or the error, if there are any."""
    by_engine: dict[EngineName, list[Volume]] = {}
    for volume in volumes:
        by_engine.setdefault(volume.engine, []).append(volume)
    for name, found in by_engine.items():
        try:
            with connect(name, environment) as engine:
                removed = remove_volumes(engine, found, records)
        except CibwError as error:
            yield f"{count(len(found), 'volume')} of {name.value.capitalize()} cannot be removed: {error.message}"
            continue
        in_use = f"; {len(found) - removed} could not be removed; a container may be using them" * (
            removed < len(found)
        )
        yield f"Removed {count(removed, 'volume')} from {name.value.capitalize()}{in_use}."
