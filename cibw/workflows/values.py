"""What a workflow file is made from, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from cibw.model.artifacts import artifact_name
from cibw.model.identifier import BuildIdentifier
from cibw.model.target import Architecture, Platform
from cibw.model.versions import VersionSource

ReadTemplate = Callable[[str], str]
"""Gives the text of a template by its file name."""


class CiService(Enum):
    """A CI that workflow files are made for, spelled as on the command line."""

    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE = "azure"
    CIRCLECI = "circleci"
    TRAVIS = "travis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The builds of one job of a CI: all of an architecture, or the only one that `identifiers` names."""

    name: str
    platform: Platform
    architecture: Architecture
    identifiers: tuple[BuildIdentifier, ...]
    is_single: bool = False

    @property
    def artifact(self) -> str:
        """The artifact that the group's wheels travel in."""
        return artifact_name(self.name)

    @property
    def selection(self) -> str:
        """The arguments of `cibw build` that select the group."""
        if self.is_single:
            return f"--only {self.identifiers[0]}"
        return f"--platform {self.platform.value} --archs {self.architecture.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """A hosted computer of a CI: its label, and whether it has to emulate the processor of what is built on it."""

    label: str
    is_emulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildJob:
    """A group of builds, and where they run."""

    group: Group
    runner: Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The jobs of a workflow, and the groups that a CI has no computer for."""

    jobs: tuple[BuildJob, ...]
    left_out: tuple[Group, ...] = ()

    @property
    def is_emulated(self) -> bool:
        """Whether any job needs an emulated processor."""
        return any(job.runner.is_emulated for job in self.jobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a project's workflow shall do; `cibw_version` is the one that it installs.

    A project that `is_pure` has one wheel for all platforms, and no groups. `package` is the package's directory and
    `config_file` the file with the options, both empty for the usual ones. Tags of releases begin with `tag_prefix`;
    `tag_format` is the option that the project lacks for that, else empty. `output` is where the workflow goes, empty
    for the CI's place. `branch` is the one whose pushes go to the test index.
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
    """A file to write, by its path in the repository; a companion is only written where there is none yet."""

    path: str
    text: str
    is_companion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The files for a CI, what to do next, and the groups that it has no computer for."""

    files: tuple[WorkflowFile, ...]
    next_steps: tuple[str, ...]
    left_out: tuple[Group, ...] = ()
