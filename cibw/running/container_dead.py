"""Removes leftovers of killed runs from a container engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from cibw.errors import CibwError
from cibw.running.container_api import EngineClient, RefusedError
from cibw.running.container_create import LABEL, OWNER_LABEL
from cibw.running.container_handle import remove_surely
from cibw.running.container_snapshot import SNAPSHOT_NAME
from cibw.running.live_runs import LiveRuns

_SNAPSHOT = re.compile(rf"(?:.*/)?{SNAPSHOT_NAME}:cibw-([0-9a-f]{{8}})-[0-9a-f]{{8}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """How many containers and images of dead runs were removed."""

    containers: int = 0
    images: int = 0


def remove_dead_runs(client: EngineClient, runs: LiveRuns) -> Leftovers:
    """Remove the containers and temporary images of runs that are no longer alive, without raising errors.

    Objects of other users, computers and containers are kept, and so is everything that was created to be kept.
    """
    mine = f"{OWNER_LABEL}={runs.identity}"
    containers = images = 0
    with suppress(CibwError, RefusedError):
        for container in client.containers(mine):
            if not runs.lives(container.labels.get(LABEL, "")):
                remove_surely(client, container.identity)
                containers += 1
        for name in _snapshots(client, mine):
            found = _SNAPSHOT.fullmatch(name)
            if found and not runs.lives(found[1]):
                client.remove_image(name)
                images += 1
    return Leftovers(containers=containers, images=images)


def _snapshots(client: EngineClient, label: str) -> Iterator[str]:
    for image in client.labelled(label):
        yield from image.names
