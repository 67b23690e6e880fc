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
"""Downloads a file of a plan to a path of the machine."""


def fetch_nothing(wanted: Fetch, _path: str) -> None:
    """Refuse a download, for machines whose container image contains everything."""
    raise CibwError(
        f"This machine does not download files, but the plan needs {wanted.url}.",
        hint="Create the plan on the computer that runs the builds.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How the state after before-all is saved for later runs.

    `files` are the hashes of the project's files, and `has_changed` returns whether the files have changed since
    then. `start` describes the state that the machine started from; it is empty if before-all must run. `anew`
    opens a machine without such a state. `keep` saves the machine's current state.
    """

    files: Mapping[str, str]
    has_changed: Callable[[], bool]
    start: str
    anew: Callable[[], AbstractContextManager[OpenMachine]]
    keep: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCompilers:
    """Compilers that replace those of a toolchain whose C++ library is unsuitable.

    `environment` is the complete environment of a build, and `toolchain` the part that selects the compilers.
    """

    environment: Mapping[str, str]
    toolchain: Mapping[str, str] = field(default_factory=dict)


Others = Callable[[Mapping[str, str]], OtherCompilers]
"""Returns other compilers for a build that starts from an environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMachine:
    """A machine that is ready, its description in one line, and its directories.

    If `bindings` has no PROJECT, each build has a copy of the project in its work directory. before-all runs in
    `before_all_dir`, and what it leaves there becomes the source of all builds. `freeze` saves the state of the
    machine while nothing runs on it, and `fork` opens another machine from that state. `stop` ends running commands
    with InterruptedRunError. It may be called from any thread, and no command runs on the machine after it.
    `keeping` is set if the state is saved between runs.

    Commands start with `environment` in addition to the machine's own. `toolchain` is the part of both that selects
    a compiler provided by `cibw`, and `advice` is a hint for when it fails. `other_compilers` give objects that are
    linked with each other the same C++ library. `fetcher` downloads files of a plan.
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
        """Return the environment that the commands of a plan start from."""
        return {**self.machine.environment(), **self.environment}
