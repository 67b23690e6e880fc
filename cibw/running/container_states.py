"""Keeps the states that before-all leaves, as images of the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from cibw.errors import CibwError
from cibw.running.container_api import LocalImage, RefusedError
from cibw.running.container_connect import Engine
from cibw.running.state_images import (
    BEFORE_ALL,
    PREPARED,
    Kind,
    StateImage,
    base_labels,
    kept_images,
    labels_of,
    name_of,
    outdated,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSpec:
    """What the state of a job's before-all is kept by.

    `key` gives the key for the identity of an image, `owner` stands for project and job. `files` are
    hashes of the project's files, and `has_changed` tells whether these still are its files. Without
    `is_wanted` no state of an earlier run is used.
    """

    key: Callable[[str], str]
    owner: str
    files: Mapping[str, str]
    has_changed: Callable[[], bool]
    is_wanted: bool = True
    clock: Callable[[], float] = time.time


class ContainerStates:
    """The state of a job's before-all in an engine, for an image of known identity."""

    def __init__(self, engine: Engine, spec: StateSpec, image: str) -> None:
        self._engine = engine
        self._spec = spec
        self._key = spec.key(image)
        self._labels = labels_of(self._key, spec.owner, spec.clock())
        # The key also stands for the compilers.
        self._image = image.partition(" ")[0]

    @property
    def labels(self) -> Mapping[str, str]:
        """What an image of the state has to carry."""
        return {**self._labels, **base_labels(self._base())}

    def _base(self) -> LocalImage | None:
        with suppress(RefusedError):
            return self._engine.client.image(self._image)
        return None

    def find(self) -> StateImage | None:
        """The image that an earlier run has kept."""
        if not self._spec.is_wanted:
            return None
        # An engine that refuses says so again where it is to make a container.
        with suppress(RefusedError):
            found = self._engine.client.image(name_of(self._key))
            image = StateImage.of(found) if found else None
            return image if image and image.serves(self._key, self._spec.clock()) else None
        return None

    def keep(self, reference: str) -> None:
        """Give an image the name that later runs look for; RefusedError where the engine does not."""
        self._engine.client.tag(reference, name_of(self._key))

    def prune(self) -> None:
        """Remove images that are out of date, quietly; never one that a container is made of."""
        prune_images(self._engine, BEFORE_ALL, self._spec.owner, self._spec.clock())


def prune_images(engine: Engine, kind: Kind, owner: str, now: float) -> None:
    """Remove the images of a kind that are out of date, quietly. Images that containers use stay."""
    with suppress(CibwError, RefusedError):
        for name in outdated(kept_images(engine.client.labelled(kind.label), kind), owner, now):
            engine.remove_image(name)


def kept_states(engine: Engine) -> tuple[StateImage, ...]:
    """All images that are kept between runs."""
    kinds = (BEFORE_ALL, PREPARED)
    return tuple(image for kind in kinds for image in kept_images(engine.client.labelled(kind.label), kind))


def remove_states(engine: Engine) -> int:
    """Remove all images that are kept between runs, and return their number. Images that containers use stay."""
    return sum(_remove_all(engine, kind) for kind in (BEFORE_ALL, PREPARED))


def _remove_all(engine: Engine, kind: Kind) -> int:
    images = kept_images(engine.client.labelled(kind.label), kind)
    for image in images:
        for name in image.kept_names if image.names else (image.identity,):
            engine.remove_image(name)
    return len(images) - len(kept_images(engine.client.labelled(kind.label), kind))
