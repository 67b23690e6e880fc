"""A run without the network: what it tells the tools of a build, and what it lists as missing."""

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
"""What keeps the tools of a build from the network: uv and Cargo take what their caches hold, pip what it is given."""


class NoTransport:
    """The network of a run that has none."""

    def get(self, address: str, /) -> AbstractContextManager[Reply]:
        """Nothing: DownloadError, whatever the address."""
        raise DownloadError(
            f"{shown(address)} is not in the cache, and network access is disabled.",
            hint="Run once with network access.",
        )


def without_network(spec: ContainerSpec) -> ContainerSpec:
    """A container that reaches no other computer, unless its create-args name a network."""
    create = spec.engine.create
    return replace(spec, engine=replace(spec.engine, create=replace(create, network=create.network or "none")))


def downloads_of(plan: Plan, bindings: Mapping[Late, str]) -> tuple[Download, ...]:
    """The files that a plan fetches, each once, but not those whose place on this computer is taken already.

    A place with a late value that `bindings` does not have is one that each run makes anew.
    """
    wanted = (action for job in plan.jobs for action in _actions(job) if isinstance(action, Fetch))
    missing = (one for one in wanted if not (_stands(one.path, bindings) or _stands(one.unless, bindings)))
    return tuple(dict.fromkeys(Download(address=one.url, sha256=one.sha256) for one in missing))


def images_of(plan: Plan) -> tuple[ContainerSpec, ...]:
    """The containers that a plan starts, each once."""
    return tuple(dict.fromkeys(job.machine for job in plan.jobs if isinstance(job.machine, ContainerSpec)))


def demand_here(downloads: tuple[Download, ...], fetching: Fetching, missing_images: tuple[Image, ...]) -> None:
    """DownloadError, or ImageUnavailableError where only images lack, which lists all files and images that do."""
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
