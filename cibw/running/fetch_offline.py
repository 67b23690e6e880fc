"""Offline mode: the variables for build tools, and the list of missing files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from cibw.errors import DownloadError, ImageUnavailableError
from cibw.model.downloads import Download
from cibw.model.images import ContainerSpec, Image
from cibw.model.plan import Action, Fetch, Job, Plan
from cibw.model.template import Late, Template
from cibw.running.fetch import Fetching, lacking
from cibw.running.fetch_api import Reply
from cibw.running.fetch_rules import missing_text, shown

OFFLINE_VARIABLES: Mapping[str, str] = {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "CARGO_NET_OFFLINE": "true"}
"""Variables that disable network access: uv and Cargo use only their caches, pip only what it is given."""


class NoTransport:
    """The network of an offline run."""

    def get(self, address: str, /) -> AbstractContextManager[Reply]:
        """Raise DownloadError for any address."""
        raise DownloadError(
            f"{shown(address)} is not in the cache, and network access is disabled.",
            hint="Run once with network access.",
        )


def without_network(spec: ContainerSpec) -> ContainerSpec:
    """Return a container specification without network, unless its create-args set a network."""
    create = spec.engine.create
    return replace(spec, engine=replace(spec.engine, create=replace(create, network=create.network or "none")))


def downloads_of(plan: Plan, bindings: Mapping[Late, str]) -> tuple[Download, ...]:
    """Return the downloads of a plan without duplicates, except those that are already present on this computer.

    A target path with a late value that is missing from `bindings` is new in each run.
    """
    wanted = (action for job in plan.jobs for action in _actions(job) if isinstance(action, Fetch))
    missing = (one for one in wanted if not (_stands(one.path, bindings) or _stands(one.unless, bindings)))
    return tuple(dict.fromkeys(Download(address=one.url, sha256=one.sha256) for one in missing))


def images_of(plan: Plan) -> tuple[ContainerSpec, ...]:
    """Return the containers that a plan starts, without duplicates."""
    return tuple(dict.fromkeys(job.machine for job in plan.jobs if isinstance(job.machine, ContainerSpec)))


def demand_here(downloads: tuple[Download, ...], fetching: Fetching, missing_images: tuple[Image, ...]) -> None:
    """Raise an error that lists all missing files and images.

    The error is DownloadError, or ImageUnavailableError if only images are missing.
    """
    files = lacking(downloads, fetching)
    if not files and not missing_images:
        return
    text = missing_text(files, missing_images)
    if not files:
        raise ImageUnavailableError(
            text, hint="Load the missing images into the engine, or run once with network access."
        )
    raise DownloadError(text, hint="Put each file at the path listed below it, or run once with network access.")


def _actions(job: Job) -> Iterator[Action]:
    steps = [job.before_all] if job.before_all else []
    for build in job.builds:
        steps += [build.prepare, *build.make, *build.test]
    for step in steps:
        yield from step.actions


def _stands(path: Template | None, bindings: Mapping[Late, str]) -> bool:
    if path is None or not all(isinstance(part, str) or part in bindings for part in path.parts):
        return False
    return Path(path.render(bindings)).exists()
