"""Finds, pulls and identifies images."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from cibw.errors import ImageUnavailableError
from cibw.execution.container.client import EngineClient, LocalImage, PullNews, RefusedError
from cibw.execution.container.endpoints import Endpoint, docker_endpoint, fault_of, podman_endpoints, podman_program
from cibw.execution.machine import pause
from cibw.execution.source.git import CommandRunner
from cibw.model.http import retry, waits
from cibw.model.machines import EngineName, Image
from cibw.model.templates import CommandRequest
from cibw.untrusted.limits import parse_json

# Image references and OCI platforms; pure.

_VARIANTS = {"arm64": "v8", "arm": "v7"}
"""The default variant of an architecture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image name with its tag and digest, which may be empty."""

    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Split a reference into its parts without validation."""
        rest, _, digest = text.partition("@")
        tail = rest.rpartition("/")[2]
        tag = tail.partition(":")[2]
        return cls(name=rest.removesuffix(f":{tag}") if tag else rest, tag=tag, digest=digest)

    @property
    def pinned(self) -> str:
        """Return the reference with its digest, else with its tag. Podman rejects references that have both."""
        return f"{self.name}@{self.digest}" if self.digest else self.tagged

    @property
    def tagged(self) -> str:
        """Return the reference with its tag."""
        return f"{self.name}:{self.tag or 'latest'}"

    @property
    def has_registry(self) -> bool:
        """Return whether the name begins with a registry host."""
        first, separator, _ = self.name.partition("/")
        return bool(separator) and (first == "localhost" or "." in first or ":" in first)


def local_names(reference: Reference) -> tuple[str, ...]:
    """Return the names that an engine may list an image under, most exact first.

    Podman stores locally built images below `localhost/`.
    """
    names = [reference.pinned]
    if reference.digest and reference.tag:
        names.append(reference.tagged)
    if not reference.has_registry:
        names += [f"localhost/{name}" for name in names]
    return tuple(names)


def is_meant(image: LocalImage, reference: Reference) -> bool:
    """Return whether an image found by its name or tag matches a reference.

    A pinned digest rules out images that were pulled with another digest. Images that were loaded from a file or
    built locally have no registry digest and are matched by their tag.
    """
    if not reference.digest:
        return True
    known = [digest for digest in image.digests if not digest.startswith("localhost/")]
    return not known or any(digest.endswith(f"@{reference.digest}") for digest in known)


def same_platform(wanted: str, found: str) -> bool:
    """Return whether two OCI platforms (`linux/arm/v7`) are the same. A missing variant means the default one."""
    return _full(wanted) == _full(found)


def _full(platform: str) -> tuple[str, str, str]:
    system, architecture, variant = (*platform.split("/"), "", "")[:3]
    return system, architecture, variant or _VARIANTS.get(architecture, "")


# Provides an image: a local one, or one that is pulled with retries.

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
class PullSettings:
    """Settings for a pull: progress callback, number of attempts, and the option to name in errors.

    `check_cancelled` raises an error to cancel the pull. With `offline` nothing is pulled.
    """

    progress: Callable[[str], None] = ignore
    option: str = ""
    attempts: int = 5
    offline: bool = False
    check_cancelled: Callable[[], None] = always
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def ensure_image(client: EngineClient, image: Image, pulling: PullSettings) -> str:
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


def _pull_patiently(client: EngineClient, image: Image, reference: Reference, pulling: PullSettings) -> None:
    def wait(refused: RefusedError, seconds: float) -> None:
        if _is_final(refused):
            raise refused
        pulling.progress(f"pulling {reference.pinned} failed ({refused.message}); retrying in {seconds:.0f} s")
        pause(seconds, pulling.check_cancelled, pulling.sleep)

    pauses = waits(_PAUSE, pulling.attempts)
    retry(lambda: _pull(client, image, reference, pulling), RefusedError, pauses, wait)


def _pull(client: EngineClient, image: Image, reference: Reference, pulling: PullSettings) -> None:
    pulling.check_cancelled()
    pulling.progress(f"pulling {reference.pinned} for {image.oci_platform}")
    layers: dict[str, PullNews] = {}
    told = pulling.clock()
    for news in client.pull(reference.pinned, image.oci_platform):
        pulling.check_cancelled()
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


def _not_pulled(image: Image, pulling: PullSettings, others: str) -> ImageUnavailableError:
    return ImageUnavailableError(
        f"The image {image.reference}{_origin(pulling)} for {image.oci_platform} is not available locally, and "
        f"network access is disabled.{_passed_over(others)}",
        hint="Run once with network access, or load the image into the engine manually.",
    )


def _origin(pulling: PullSettings) -> str:
    return f" (from the option {pulling.option})" if pulling.option else ""


def _passed_over(others: str) -> str:
    return f" The local image is for {others}." if others else ""


def _unavailable(image: Image, refused: RefusedError, pulling: PullSettings, others: str) -> ImageUnavailableError:
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


# Looks up a local image without loading an engine library or starting a service.

_UNIX = "unix://"
_SECONDS = 5.0
_OK = b"200"


def peek_image(name: EngineName, image: Image, runner: CommandRunner) -> str:
    """Return the id of the image that an engine would use, or an empty string if there is none or it is unknown.

    `runner` is this computer. Its environment determines the engine addresses, and it runs the Podman program.
    """
    look = _look(name, runner)
    if look is None:
        return ""
    try:
        found = local_image(look, image)
    except (OSError, ValueError):
        return ""
    return found.identity if found else ""


def _look(name: EngineName, runner: CommandRunner) -> Look | None:
    environment = runner.environment()
    endpoints = (docker_endpoint(environment),) if name is EngineName.DOCKER else podman_endpoints(environment)
    for endpoint in endpoints:
        if endpoint.url.startswith(_UNIX) and not fault_of(endpoint):
            return partial(_at_socket, endpoint)
    program = podman_program(environment)
    is_local = name is EngineName.PODMAN and not endpoints[0].explicit
    return partial(_by_program, program, runner) if is_local and program else None


def _at_socket(endpoint: Endpoint, reference: str) -> LocalImage | None:
    status, body = _get(endpoint.url.removeprefix(_UNIX), f"/images/{quote(reference, safe='/:@')}/json")
    told: object = parse_json(body) if status == _OK else None
    return LocalImage.of(told) if isinstance(told, dict) else None


def _by_program(program: str, runner: CommandRunner, reference: str) -> LocalImage | None:
    lines: list[str] = []
    request = CommandRequest(argv=(program, "image", "inspect", reference), cwd="/", environment=runner.environment())
    outcome = runner.run(request, lambda line, is_error: None if is_error else lines.append(line))
    told: object = parse_json("\n".join(lines)) if outcome.exit_code == 0 else None
    return LocalImage.of(told[0]) if isinstance(told, list) and told and isinstance(told[0], dict) else None


def _get(path: str, resource: str) -> tuple[bytes, bytes]:
    """Return the status and body of an HTTP 1.0 response, which comes in one piece and ends with the connection."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(path)
        connection.sendall(f"GET {resource} HTTP/1.0\r\nHost: engine\r\n\r\n".encode())
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    return head.split(b" ", 2)[1] if head.count(b" ") > 1 else b"", body
