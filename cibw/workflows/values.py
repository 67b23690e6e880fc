"""Inputs and results of workflow generation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from cibw.model.artifacts import artifact_name
from cibw.model.identifier import BuildIdentifier
from cibw.model.target import Architecture, Platform
from cibw.model.versions import VersionSource

ReadTemplate = Callable[[str], str]
"""Returns the text of a template by its file name."""


class CiService(Enum):
    """A CI service that workflow files can be generated for, spelled as on the command line."""

    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE = "azure"
    CIRCLECI = "circleci"
    TRAVIS = "travis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The builds of one CI job: all of an architecture, or a single one."""

    name: str
    platform: Platform
    architecture: Architecture
    identifiers: tuple[BuildIdentifier, ...]
    is_single: bool = False

    @property
    def artifact(self) -> str:
        """The name of the artifact with the group's wheels."""
        return artifact_name(self.name)

    @property
    def selection(self) -> str:
        """The arguments of `cibw build` that select the group."""
        if self.is_single:
            return f"--only {self.identifiers[0]}"
        return f"--platform {self.platform.value} --archs {self.architecture.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """A hosted CI runner: its label, and whether it emulates the target architecture."""

    label: str
    is_emulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildJob:
    """A group of builds and its runner."""

    group: Group
    runner: Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The jobs of a workflow, and the groups without a runner."""

    jobs: tuple[BuildJob, ...]
    left_out: tuple[Group, ...] = ()

    @property
    def is_emulated(self) -> bool:
        """Whether any job needs emulation."""
        return any(job.runner.is_emulated for job in self.jobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options of a generated workflow; `cibw_version` is the version that it installs.

    A project that `is_pure` has one wheel for all platforms, and no groups. `package` is the package directory and
    `config_file` the configuration file; both are empty for the defaults. Release tags begin with `tag_prefix`;
    `tag_format` is set if the project needs that option for them. `output` is the path of the workflow, empty for
    the default of the CI. Pushes to `branch` are published to the test index.
    """

    project: str
    cibw_version: str
    groups: tuple[Group, ...]
    is_pure: bool = False
    versions: VersionSource = VersionSource.COMMIT
    package: str = ""
    config_file: str = ""
    branch: str = "main"
    tag_prefix: str = "v"
    tag_format: str = ""
    from_sdist: bool = False
    test_index: bool = True
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFile:
    """A file to write, by its path in the repository; a companion is written only if it does not exist."""

    path: str
    text: str
    is_companion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The files for a CI, the next steps for the user, and the groups without a runner."""

    files: tuple[WorkflowFile, ...]
    next_steps: tuple[str, ...]
    left_out: tuple[Group, ...] = ()
