"""Images of states and volumes that cibw keeps in an engine between runs."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from cibw.errors import CibwError
from cibw.execution.container.client import EngineClient, LocalImage, RefusedError
from cibw.execution.container.connection import Engine
from cibw.execution.files import read_texts, write_table
from cibw.model.machines import EngineName

# Images that are kept between runs: their names and labels, and which are outdated; pure.

_LONGEST_SECONDS = 30 * 24 * 3600.0
"""By then, the files that before-all downloaded are out of date."""
_CONTENTS = "contents"
_BASE_SIZE = "base-size"
_GIBIBYTE = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class StateKind:
    """A kind of kept image. `label` contains the key of the image, and each owner keeps at most `most` images.

    An engine keeps at most `most_in_all` images. Together they must not add more than `largest_in_all` bytes to the
    images that they were created from, but the newest one is always kept.
    """

    label: str
    name: str
    most: int
    most_in_all: int
    largest_in_all: int = 8 * _GIBIBYTE


BEFORE_ALL = StateKind(label="cibw.before-all", name="cibw-before-all", most=2, most_in_all=12)
"""The state of a container after before-all."""
PREPARED = StateKind(label="cibw.prepared", name="cibw-prepared", most=1, most_in_all=12)
"""An image with the bytecode of its own Pythons."""


def name_of(key: str, kind: StateKind = BEFORE_ALL) -> str:
    """Return the name of a kept image."""
    return f"{kind.name}:{key[:16]}"


def labels_of(
    key: str, owner: str, now: float, kind: StateKind = BEFORE_ALL, contents: Iterable[str] = ()
) -> dict[str, str]:
    """Return the labels of a kept image. `now` is in seconds."""
    labels = {kind.label: key, f"{kind.label}.owner": owner, f"{kind.label}.made": str(int(now))}
    listed = ":".join(contents)
    return {**labels, f"{kind.label}.{_CONTENTS}": listed} if listed else labels


def base_labels(client: EngineClient, base: str, kind: StateKind = BEFORE_ALL) -> dict[str, str]:
    """The labels with the size of an image that another one is made from; none if the engine does not report it."""
    with suppress(RefusedError):
        if found := client.image(base):
            return {f"{kind.label}.{_BASE_SIZE}": str(found.size)}
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateImage:
    """A kept image.

    `made` is in seconds. `owner` is the project and job that it belongs to, or the original image. `contents` lists
    what was added to the original image, if known, and `size` is the number of bytes that were added, or 0.
    """

    identity: str
    names: tuple[str, ...]
    key: str
    owner: str
    made: float
    kind: StateKind = BEFORE_ALL
    contents: tuple[str, ...] = ()
    size: int = 0

    @classmethod
    def of(cls, image: LocalImage, kind: StateKind = BEFORE_ALL) -> StateImage:
        """Read the labels of an image."""
        labels = image.labels
        base = labels.get(f"{kind.label}.{_BASE_SIZE}", "")
        return cls(
            identity=image.identity,
            names=image.names,
            key=labels.get(kind.label, ""),
            owner=labels.get(f"{kind.label}.owner", ""),
            made=_seconds(labels.get(f"{kind.label}.made", "")),
            kind=kind,
            contents=tuple(filter(None, labels.get(f"{kind.label}.{_CONTENTS}", "").split(":"))),
            size=max(0, image.size - int(base)) if base.isdecimal() else 0,
        )

    def serves(self, key: str, now: float) -> bool:
        """Return whether it has the key and is not too old."""
        return self.key == key and now - self.made < _LONGEST_SECONDS

    @property
    def kept_names(self) -> tuple[str, ...]:
        """Return its names except those of a run."""
        return tuple(name for name in self.names if name.rpartition("/")[2].startswith(f"{self.kind.name}:"))

    def __str__(self) -> str:
        day = datetime.fromtimestamp(self.made, tz=timezone.utc).date()
        return f"{name_of(self.key, self.kind)}, made on {day}"


def outdated(images: Iterable[StateImage], owner: str, now: float) -> Iterator[str]:
    """Yield the names of images that are too old, and of all but the newest images of an owner and of the engine.

    An image without a name is identified by its id. The name of a run is not removed unless the image is too old.
    """
    newest_first = sorted(images, key=lambda image: image.made, reverse=True)
    seen = of_engine = size = 0
    for image in newest_first:
        if not image.names:
            yield image.identity
        if now - image.made >= _LONGEST_SECONDS:
            yield from image.names
        elif image.kept_names:
            seen += image.owner == owner
            is_one_too_many = image.owner == owner and seen > image.kind.most
            of_engine += not is_one_too_many
            size += image.size
            is_too_large = size > image.kind.largest_in_all and of_engine > 1
            if is_one_too_many or is_too_large or of_engine > image.kind.most_in_all:
                size -= image.size
                yield from image.kept_names


def kept_images(images: Iterable[LocalImage], kind: StateKind) -> tuple[StateImage, ...]:
    """Return the images of a kind among those with its label."""
    # The state after before-all inherits the labels of the prepared image that it was created from.
    other = BEFORE_ALL.label if kind is PREPARED else ""
    return tuple(StateImage.of(image, kind) for image in images if other not in image.labels)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0


# Saves states after before-all as images of the engine.


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

    def labels(self) -> Mapping[str, str]:
        """Return the labels of an image of the state, for which the engine is asked for the size of its base."""
        return {**self._labels, **base_labels(self._engine.client, self._image)}

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


def prune_images(engine: Engine, kind: StateKind, owner: str, now: float) -> None:
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


def _remove_all(engine: Engine, kind: StateKind) -> int:
    images = kept_images(engine.client.labelled(kind.label), kind)
    for image in images:
        for name in image.kept_names if image.names else (image.identity,):
            engine.remove_image(name)
    return len(images) - len(kept_images(engine.client.labelled(kind.label), kind))


# The volumes that cache tool data for containers, one per project and target.
#
# Code in a container runs as root and can write to every mounted volume, so projects do not share volumes. An engine
# does not record when a volume was last used, so the cache directory has a record for each.

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
