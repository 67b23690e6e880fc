"""Images that are kept between runs: their names and labels, and which are outdated; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from cibw.running.container_api import LocalImage

_LONGEST_SECONDS = 30 * 24 * 3600.0
"""By then, the files that before-all downloaded are out of date."""
_CONTENTS = "contents"
_BASE_SIZE = "base-size"
_GIBIBYTE = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of kept image. `label` contains the key of the image, and each owner keeps at most `most` images.

    An engine keeps at most `most_in_all` images. Together they must not add more than `largest_in_all` bytes to the
    images that they were created from, but the newest one is always kept.
    """

    label: str
    name: str
    most: int
    most_in_all: int
    largest_in_all: int = 8 * _GIBIBYTE


BEFORE_ALL = Kind(label="cibw.before-all", name="cibw-before-all", most=2, most_in_all=12)
"""The state of a container after before-all."""
PREPARED = Kind(label="cibw.prepared", name="cibw-prepared", most=1, most_in_all=12)
"""An image with the bytecode of its own Pythons."""


def name_of(key: str, kind: Kind = BEFORE_ALL) -> str:
    """Return the name of a kept image."""
    return f"{kind.name}:{key[:16]}"


def labels_of(
    key: str, owner: str, now: float, kind: Kind = BEFORE_ALL, contents: Iterable[str] = ()
) -> dict[str, str]:
    """Return the labels of a kept image. `now` is in seconds."""
    labels = {kind.label: key, f"{kind.label}.owner": owner, f"{kind.label}.made": str(int(now))}
    listed = ":".join(contents)
    return {**labels, f"{kind.label}.{_CONTENTS}": listed} if listed else labels


def base_labels(base: LocalImage | None, kind: Kind = BEFORE_ALL) -> dict[str, str]:
    """Return labels with the size of the base image, if known, so that the added size can be computed."""
    return {f"{kind.label}.{_BASE_SIZE}": str(base.size)} if base else {}


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
    kind: Kind = BEFORE_ALL
    contents: tuple[str, ...] = ()
    size: int = 0

    @classmethod
    def of(cls, image: LocalImage, kind: Kind = BEFORE_ALL) -> StateImage:
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


def kept_images(images: Iterable[LocalImage], kind: Kind) -> tuple[StateImage, ...]:
    """Return the images of a kind among those with its label."""
    # The state after before-all inherits the labels of the prepared image that it was created from.
    other = BEFORE_ALL.label if kind is PREPARED else ""
    return tuple(StateImage.of(image, kind) for image in images if other not in image.labels)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0
