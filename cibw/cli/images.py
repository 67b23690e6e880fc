"""Removes the images that before-all left in the container engines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cibw.errors import CibwError
from cibw.model.images import EngineName
from cibw.reporting.wording import count
from cibw.running.container_connect import connect
from cibw.running.container_states import remove_states


def remove_images(environment: Mapping[str, str]) -> Iterator[str]:
    """Remove them from Docker and Podman, and tell of each engine how many there were, or why it was not asked."""
    for name in (EngineName.DOCKER, EngineName.PODMAN):
        yield _from(name, environment)


def _from(name: EngineName, environment: Mapping[str, str]) -> str:
    try:
        with connect(name, environment) as engine:
            return f"Removed {count(remove_states(engine), 'image')} of before-all from {name.value.capitalize()}."
    except CibwError as error:
        return error.message
