"""The limit: the same wheels made by plain commands, as many at once as there are processors."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import environment, project
from benchmarks.programs import MeasureError, answer, timed
from benchmarks.tools import Work, add
from benchmarks.values import Sample

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

INSIDE = "without container start"
_SCRIPT = Path(__file__).with_name("by_hand.sh")
_CACHE = "cibw-benchmark"
"""A volume, as cibw has one, for what uv keeps and to work in."""
_INSIDE = re.compile(r"^inside (\d+) ns$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """All steps of a work in a new container, with a warm cache of uv."""

    work: Work

    def __call__(self, place: Path) -> Sample:
        """Wheels go to a new directory below `place`."""
        wheels = place / "wheels"
        wheels.mkdir()
        settings = [*_environment(self.work), "--volume", f"{wheels}:/wheels"]
        call = ["docker", "run", "--rm", *_mounts(self.work), *settings, self.work.image]
        sample = _timed([*call, "sh", "/by_hand.sh", "whole", *self.work.tags], place / "log")
        _check(wheels, self.work)
        return sample


class PreparedByHand:
    """Nothing but compiling, in a container that has the build requirements of each work installed.

    The containers stay until the stack ends.
    """

    def __init__(self, works: Sequence[Work], stack: ExitStack) -> None:
        self._works = works
        self._stack = stack
        self._containers: dict[str, str] = {}

    def __call__(self, place: Path) -> Sample:
        """The sum of the works, one after another."""
        return add([self._compile(work, place) for work in self._works])

    def _compile(self, work: Work, place: Path) -> Sample:
        log = place / f"log-{work.project}"
        if work.project not in self._containers:
            container = self._stack.enter_context(_waiting(work))
            self._containers[work.project] = container
            requires = ["--env", f"REQUIRES={_requires(work)}"]
            _timed(_exec(work, container, requires, "prepare"), log)
        return _timed(_exec(work, self._containers[work.project], [], "compile"), log)


def _exec(work: Work, container: str, more: Sequence[str], action: str) -> list[str]:
    return ["docker", "exec", *_environment(work), *more, container, "sh", "/by_hand.sh", action, *work.tags]


@contextmanager
def _waiting(work: Work) -> Iterator[str]:
    name = f"cibw-benchmark-{uuid.uuid4().hex[:8]}"
    wait = ["mkdir /wheels; sleep infinity"]
    call = ["docker", "run", "--detach", "--init", "--name", name, *_mounts(work), work.image, "sh", "-c", *wait]
    if not answer(*call):
        raise MeasureError(f"no container starts: {' '.join(call)}")
    try:
        yield name
    finally:
        answer("docker", "rm", "--force", name)


def _mounts(work: Work) -> list[str]:
    source = project(work.project)
    volumes = (f"{_CACHE}:/cache", f"{_SCRIPT}:/by_hand.sh:ro", f"{source}:/projects/{work.project}:ro")
    return [word for volume in volumes for word in ("--volume", volume)]


def _environment(work: Work) -> list[str]:
    pairs = {"NAME": work.project, "TEST": work.test, "UV_CACHE_DIR": "/cache/uv"}
    return [word for name, value in pairs.items() for word in ("--env", f"{name}={value}")]


def _requires(work: Work) -> str:
    text = (project(work.project) / "pyproject.toml").read_text(encoding="utf-8")
    requires: list[str] = tomllib.loads(text)["build-system"]["requires"]
    return "\n".join(requires)


def _timed(call: Sequence[str], log: Path) -> Sample:
    seconds = timed(call, log, environment(), log.parent)
    found = _INSIDE.search(log.read_text(encoding="utf-8"))
    if found is None:
        raise MeasureError(f"{log} does not say how long it took")
    return Sample(seconds=seconds, details={INSIDE: int(found[1]) / 1e9})


def _check(wheels: Path, work: Work) -> None:
    if len(list(wheels.glob("*.whl"))) != len(work.tags):
        raise MeasureError(f"not all wheels of {work.project} came out by hand")
