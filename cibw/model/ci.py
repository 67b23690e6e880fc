"""Facts about a CI run: its tag, branch, event and workflow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CiProvider(Enum):
    """A CI service; the value is its display name."""

    GITHUB = "GitHub Actions"
    GITLAB = "GitLab CI"
    CIRCLECI = "CircleCI"
    BUILDKITE = "Buildkite"
    GOOGLE = "Google Cloud Build"
    AZURE = "Azure Pipelines"
    TRAVIS = "Travis CI"
    OTHER = "a CI"
    NONE = "this computer"


@dataclass(frozen=True, slots=True, kw_only=True)
class CiFacts:
    """Facts about a run; empty if the CI does not provide them.

    `tags` are the tags of the commit: one in a CI run for a tag, possibly several on a local computer. `event` and
    `environment` use the terms of the CI. `workflow` is the definition of the run: the `workflow_ref` on GitHub
    (`owner/name/.github/workflows/x.yml@ref`), the configuration file on GitLab, a pipeline elsewhere.
    `is_fork` means that the run is for a change from another repository.
    """

    provider: CiProvider = CiProvider.NONE
    tags: tuple[str, ...] = ()
    branch: str = ""
    commit: str = ""
    is_pull_request: bool = False
    is_fork: bool = False
    event: str = ""
    repository: str = ""
    workflow: str = ""
    environment: str = ""
    run_url: str = ""

    @property
    def tag(self) -> str:
        """The first tag; empty if there is none."""
        return self.tags[0] if self.tags else ""

    @property
    def is_ci(self) -> bool:
        """Whether the run is a CI run."""
        return self.provider is not CiProvider.NONE
