"""Shows and removes the volumes in which container engines keep what projects need again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from cibw.errors import CibwError
from cibw.model.images import EngineName
from cibw.reporting.wording import count
from cibw.running.container_connect import connect
from cibw.running.container_volumes import Volume, VolumeRecords, remove_volumes


def describe_volumes(records: VolumeRecords) -> Iterator[str]:
    """A line for each volume; no engine is asked."""
    for volume in records.all():
        day = time.strftime("%Y-%m-%d", time.localtime(volume.used))
        yield f"volume   {volume.name} of {volume.engine.value.capitalize()}: {volume.project}, last used {day}"


def clear_volumes(records: VolumeRecords, volumes: Iterable[Volume], environment: Mapping[str, str]) -> Iterator[str]:
    """Remove volumes, and tell of each engine how many there were, or why that failed; silent where there are none."""
    by_engine: dict[EngineName, list[Volume]] = {}
    for volume in volumes:
        by_engine.setdefault(volume.engine, []).append(volume)
    for name, found in by_engine.items():
        try:
            with connect(name, environment) as engine:
                removed = remove_volumes(engine, found, records)
        except CibwError as error:
            yield f"{count(len(found), 'volume')} of {name.value.capitalize()} can't be removed: {error.message}"
            continue
        in_use = f"; {len(found) - removed} could not be removed, as a container may use them" * (removed < len(found))
        yield f"Removed {count(removed, 'volume')} from {name.value.capitalize()}{in_use}."
