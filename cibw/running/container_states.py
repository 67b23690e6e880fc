"""Saves states after before-all as images of the engine."""

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
    """What identifies the saved state of a job's before-all.

    `key` returns the key for an image id. `owner` stands for the project and job. `files` are the hashes of the
    project's files, and `has_changed` returns whether the files have changed since then. Without `is_wanted`,
    states of earlier runs are not used.
    """

    key: Callable[[str], str]
    owner: str
    files: Mapping[str, str]
    has_changed: Callable[[], bool]
    is_wanted: bool = True
    clock: Callable[[], float] = time.time


class ContainerStates:
    """The saved states of a job's before-all in an engine, for an image with a known id."""

    def __init__(self, engine: Engine, spec: StateSpec, image: str) -> None:
        self._engine = engine
        self._spec = spec
        self._key = spec.key(image)
        self._labels = labels_of(self._key, spec.owner, spec.clock())
        # The key also covers the compilers.
        self._image = image.partition(" ")[0]

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the labels of an image of the state."""
        return {**self._labels, **base_labels(self._base())}

    def _base(self) -> LocalImage | None:
        with suppress(RefusedError):
            return self._engine.client.image(self._image)
        return None

    def find(self) -> StateImage | None:
        """Return the image that an earlier run has saved."""
        if not self._spec.is_wanted:
            return None
        # An engine that refuses this reports the error again when a container is created.
        with suppress(RefusedError):
            found = self._engine.client.image(name_of(self._key))
            image = StateImage.of(found) if found else None
            return image if image and image.serves(self._key, self._spec.clock()) else None
        return None

    def keep(self, reference: str) -> None:
        """Give an image the name that later runs look for. Raise RefusedError if the engine fails."""
        self._engine.client.tag(reference, name_of(self._key))

    def prune(self) -> None:
        """Remove outdated images without raising errors. Images that containers use are kept."""
        prune_images(self._engine, BEFORE_ALL, self._spec.owner, self._spec.clock())


def prune_images(engine: Engine, kind: Kind, owner: str, now: float) -> None:
    """Remove the outdated images of a kind without raising errors. Images that containers use are kept."""
    with suppress(CibwError, RefusedError):
        for name in outdated(kept_images(engine.client.labelled(kind.label), kind), owner, now):
            engine.remove_image(name)


def kept_states(engine: Engine) -> tuple[StateImage, ...]:
    """Return all images that are kept between runs."""
    kinds = (BEFORE_ALL, PREPARED)
    return tuple(image for kind in kinds for image in kept_images(engine.client.labelled(kind.label), kind))


def remove_states(engine: Engine) -> int:
    """Remove all saved images and return their number. Images that containers use are kept."""
    return sum(_remove_all(engine, kind) for kind in (BEFORE_ALL, PREPARED))


def _remove_all(engine: Engine, kind: Kind) -> int:
    images = kept_images(engine.client.labelled(kind.label), kind)
    for image in images:
        for name in image.kept_names if image.names else (image.identity,):
            engine.remove_image(name)
    return len(images) - len(kept_images(engine.client.labelled(kind.label), kind))
