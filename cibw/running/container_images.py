"""Provides an image: a local one, or one that is pulled with retries."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cibw.errors import ImageUnavailableError
from cibw.model.images import Image
from cibw.running.container_api import EngineClient, LocalImage, PullNews, RefusedError
from cibw.running.container_references import Reference, is_meant, local_names, same_platform
from cibw.running.watch import pause

_PAUSE = 1.0
_NEWS_SECONDS = 2.0
_FINAL_STATUSES = frozenset({400, 401, 403, 404})
_FINAL_WORDS = (
    "access denied",
    "denied:",
    "does not exist",
    "does not match the specified platform",
    "invalid reference",
    "manifest unknown",
    "no match for platform",
    "no matching manifest",
    "no image found in",
    "not found",
    "short-name",
    "unauthorized",
)
"""Some engines report these errors with status 500, or after the response has begun."""


Look = Callable[[str], LocalImage | None]
"""Finds a local image of an engine by its reference."""


def ignore(_: str) -> None:
    """Ignore a progress line."""


def always() -> None:
    """Never interrupt a pull."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulling:
    """Settings for a pull: progress callback, number of attempts, and the option to name in errors.

    `go_on` raises an error to cancel the pull. With `offline` nothing is pulled.
    """

    progress: Callable[[str], None] = ignore
    option: str = ""
    attempts: int = 5
    offline: bool = False
    go_on: Callable[[], None] = always
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def ensure_image(client: EngineClient, image: Image, pulling: Pulling) -> str:
    """Return the image to create containers from: a local image of the right platform, else a pulled one.

    Failed pulls are retried after 1, 2, 4, ... seconds. Raises ImageUnavailableError after the last attempt, or
    immediately if the registry denies the image.
    """
    reference = Reference.parse(image.reference)
    local, others = _local(client.image, image, reference)
    if local is not None:
        return local.identity
    if pulling.offline:
        raise _not_pulled(image, pulling, others)
    try:
        _pull_patiently(client, image, reference, pulling)
    except RefusedError as refused:
        raise _unavailable(image, refused, pulling, others) from refused
    found = client.image(reference.pinned)
    fits = found is not None and same_platform(image.oci_platform, found.oci_platform)
    # An engine may use one name for several platforms. Then the image is identified by name and platform together.
    return found.identity if found is not None and fits else reference.pinned


def local_image(look: Look, image: Image) -> LocalImage | None:
    """Return the local image that containers are created from without a pull, if there is one."""
    return _local(look, image, Reference.parse(image.reference))[0]


def _local(look: Look, image: Image, reference: Reference) -> tuple[LocalImage | None, str]:
    """Return the local image, and the platforms of images that were skipped."""
    others: list[str] = []
    for name in local_names(reference):
        found = look(name)
        if found is None or not is_meant(found, reference):
            continue
        if same_platform(image.oci_platform, found.oci_platform):
            return found, ""
        others.append(found.oci_platform)
    return None, ", ".join(dict.fromkeys(others))


def _pull_patiently(client: EngineClient, image: Image, reference: Reference, pulling: Pulling) -> None:
    for attempt in range(pulling.attempts - 1):
        refused = _fault_of_pull(client, image, reference, pulling)
        if refused is None:
            return
        seconds = _PAUSE * 2**attempt
        pulling.progress(f"pulling {reference.pinned} failed ({refused.message}); retrying in {seconds:.0f} s")
        pause(seconds, pulling.go_on, pulling.sleep)
    _pull(client, image, reference, pulling)


def _fault_of_pull(client: EngineClient, image: Image, reference: Reference, pulling: Pulling) -> RefusedError | None:
    try:
        _pull(client, image, reference, pulling)
    except RefusedError as refused:
        if _is_final(refused):
            raise
        return refused
    return None


def _pull(client: EngineClient, image: Image, reference: Reference, pulling: Pulling) -> None:
    pulling.go_on()
    pulling.progress(f"pulling {reference.pinned} for {image.oci_platform}")
    layers: dict[str, PullNews] = {}
    told = pulling.clock()
    for news in client.pull(reference.pinned, image.oci_platform):
        pulling.go_on()
        if news.layer:
            layers[news.layer] = news
        if pulling.clock() - told >= _NEWS_SECONDS:
            told = pulling.clock()
            pulling.progress(f"pulling {reference.pinned}: {_summary(layers)}")
    pulling.progress(f"pulled {reference.pinned}")


def _summary(layers: dict[str, PullNews]) -> str:
    finished = sum(news.status in {"Pull complete", "Already exists", "Download complete"} for news in layers.values())
    loading = sum(news.current for news in layers.values() if news.status == "Downloading")
    tail = f", {loading / 1e6:.0f} MB of the remaining layers" if loading else ""
    return f"{finished} of {len(layers)} layers{tail}"


def _is_final(refused: RefusedError) -> bool:
    message = refused.message.lower()
    return refused.status in _FINAL_STATUSES or any(word in message for word in _FINAL_WORDS)


def _not_pulled(image: Image, pulling: Pulling, others: str) -> ImageUnavailableError:
    return ImageUnavailableError(
        f"The image {image.reference}{_origin(pulling)} for {image.oci_platform} is not available locally, and "
        f"network access is disabled.{_passed_over(others)}",
        hint="Run once with network access, or load the image into the engine manually.",
    )


def _origin(pulling: Pulling) -> str:
    return f" (from the option {pulling.option})" if pulling.option else ""


def _passed_over(others: str) -> str:
    return f" The local image is for {others}." if others else ""


def _unavailable(image: Image, refused: RefusedError, pulling: Pulling, others: str) -> ImageUnavailableError:
    if _is_final(refused):
        hint = "Check the image name, and log in to the registry if it requires authentication."
    else:
        hint = (
            "Check the network connection, or load the image into the engine manually; a local image is used "
            "without a pull."
        )
    return ImageUnavailableError(
        f"The image {image.reference}{_origin(pulling)} for {image.oci_platform} is not available locally and "
        f"could not be pulled: {refused.message}.{_passed_over(others)}",
        hint=hint,
    )
