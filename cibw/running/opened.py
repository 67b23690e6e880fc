"""A machine that is ready for a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from cibw.errors import CibwError
from cibw.model.plan import Fetch
from cibw.model.template import Late
from cibw.running.machine import Machine

Fetcher = Callable[[Fetch, str], None]
"""Has what a plan fetches at a path of the machine."""


def fetch_nothing(wanted: Fetch, _path: str) -> None:
    """Refuse what a plan fetches, for machines that have all that they need: a container's image brings it."""
    raise CibwError(
        f"This machine does not download files, but the plan needs {wanted.url}.",
        hint="Create the plan on the computer that runs the builds.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How later runs come by the state that before-all leaves on a machine.

    `files` are hashes of the project's files, and `has_changed` tells whether these still are its
    files. `start` says in words from which state the machine starts, and is empty where before-all has
    to run; `anew` makes a machine for which that is so. `keep` keeps the state that the machine is in.
    """

    files: Mapping[str, str]
    has_changed: Callable[[], bool]
    start: str
    anew: Callable[[], AbstractContextManager[OpenMachine]]
    keep: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCompilers:
    """Compilers that take the place of those of a toolchain, where its C++ library does not do.

    `environment` is the whole that a build starts from, and `toolchain` the part that selects the compilers.
    """

    environment: Mapping[str, str]
    toolchain: Mapping[str, str] = field(default_factory=dict)


Others = Callable[[Mapping[str, str]], OtherCompilers]
"""Gives other compilers for a build that starts from an environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMachine:
    """A machine that is ready, what it is in one line, and where it keeps things.

    Where `bindings` has no PROJECT, each build has its copy of the project in its work directory.
    before-all runs in `before_all_dir`, and what it leaves there becomes the source of all builds.
    `freeze` keeps the state that the machine is in, while nothing runs on it, and `fork` makes another
    machine that starts from that state. `stop` ends the
    commands that run on it, with InterruptedRunError; it may be called from any thread, and no
    command runs on the machine after it. `keeping` is there where its state is kept between runs.

    Commands start with `environment` beside the machine's own. `toolchain` is the part of both that
    selects a compiler which `cibw` brings, and `advice` tells a user what may help where it fails.
    `other_compilers` give objects that are linked with each other the same C++ library.
    `fetcher` has what a plan fetches from the network.
    """

    machine: Machine
    description: str
    bindings: Mapping[Late, str]
    work_dir: str
    before_all_dir: str
    freeze: Callable[[], None]
    fork: Callable[[], AbstractContextManager[OpenMachine]]
    stop: Callable[[], None]
    keeping: Keeping | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    toolchain: Mapping[str, str] = field(default_factory=dict)
    advice: str = ""
    other_compilers: Others | None = None
    fetcher: Fetcher = fetch_nothing

    @property
    def variables(self) -> dict[str, str]:
        """The environment that the commands of a plan start from."""
        return {**self.machine.environment(), **self.environment}
