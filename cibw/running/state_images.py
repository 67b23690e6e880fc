"""The images of states that before-all left: their names and labels, and which are out of date; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from cibw.running.container_api import LocalImage

KEY = "cibw.before-all"
"""The label of every such image; its value is the whole key."""
_OWNER = "cibw.before-all.owner"
_MADE = "cibw.before-all.made"
_NAME = "cibw-before-all"
_LONGEST_SECONDS = 30 * 24 * 3600.0
"""What before-all fetched is old by then."""
_MOST = 2


def name_of(key: str) -> str:
    """The name of the image of a state."""
    return f"{_NAME}:{key[:16]}"


def labels_of(key: str, owner: str, now: float) -> dict[str, str]:
    """The labels of the image of a state that was made at a time in seconds."""
    return {KEY: key, _OWNER: owner, _MADE: str(int(now))}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateImage:
    """An image of a state; `made` is in seconds, `owner` the project and job that it belongs to."""

    identity: str
    names: tuple[str, ...]
    key: str
    owner: str
    made: float

    @classmethod
    def of(cls, image: LocalImage) -> StateImage:
        """Read the labels of an image."""
        return cls(
            identity=image.identity,
            names=image.names,
            key=image.labels.get(KEY, ""),
            owner=image.labels.get(_OWNER, ""),
            made=_seconds(image.labels),
        )

    def serves(self, key: str, now: float) -> bool:
        """Whether it is the state of a key, and not too old."""
        return self.key == key and now - self.made < _LONGEST_SECONDS

    @property
    def kept_names(self) -> tuple[str, ...]:
        """Its names but those that belong to a run."""
        return tuple(name for name in self.names if name.rpartition("/")[2].startswith(f"{_NAME}:"))

    def __str__(self) -> str:
        day = datetime.fromtimestamp(self.made, tz=timezone.utc).date()
        return f"{name_of(self.key)}, made on {day}"


def outdated(images: Iterable[StateImage], owner: str, now: float) -> Iterator[str]:
    """The names of images that are too old, and of all but the newest two of an owner.

    An image without a name stands for itself. The name that a run gives and takes away stays as long
    as the image is not too old.
    """
    newest_first = sorted(images, key=lambda image: image.made, reverse=True)
    seen = 0
    for image in newest_first:
        if not image.names:
            yield image.identity
        if now - image.made >= _LONGEST_SECONDS:
            yield from image.names
        elif image.owner == owner and image.kept_names:
            seen += 1
            if seen > _MOST:
                yield from image.kept_names


def _seconds(labels: Mapping[str, str]) -> float:
    text = labels.get(_MADE, "")
    return float(text) if text.isdecimal() else 0.0
