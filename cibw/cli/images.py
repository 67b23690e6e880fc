"""List and remove the images and containers that cibw keeps in the container engines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from cibw.errors import CibwError
from cibw.model.images import EngineName
from cibw.reporting.wording import count, size
from cibw.running.container_api import RefusedError
from cibw.running.container_connect import connect
from cibw.running.container_dead import remove_dead_runs
from cibw.running.container_states import kept_states, remove_states
from cibw.running.live_runs import LiveRuns


def remove_images(environment: Mapping[str, str]) -> Iterator[str]:
    """Remove kept images from Docker and Podman; yield a line per engine with their number or the error."""
    for name in (EngineName.DOCKER, EngineName.PODMAN):
        yield _from(name, environment)


def describe_images(environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each image that the engines keep between runs; engines that do not respond are skipped."""
    for name in (EngineName.DOCKER, EngineName.PODMAN):
        with suppress(CibwError, RefusedError), connect(name, environment) as engine:
            for image in kept_states(engine):
                yield f"image    {image} in {name.value.capitalize()}{f', {size(image.size)}' * bool(image.size)}"


def remove_left_by_dead_runs(environment: Mapping[str, str]) -> Iterator[str]:
    """Remove containers and temporary images of killed runs; yield a line per available engine."""
    runs = LiveRuns.open()
    if runs is None:
        return
    for name in (EngineName.DOCKER, EngineName.PODMAN):
        with suppress(CibwError), connect(name, environment) as engine:
            left = remove_dead_runs(engine.client, runs)
            found = f"{count(left.containers, 'container')} and {count(left.images, 'image')}"
            yield f"Removed {found} left by killed runs from {name.value.capitalize()}."


def _from(name: EngineName, environment: Mapping[str, str]) -> str:
    try:
        with connect(name, environment) as engine:
            return f"Removed {count(remove_states(engine), 'image')} from {name.value.capitalize()}."
    except CibwError as error:
        return error.message
