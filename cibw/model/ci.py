"""What a run of a CI is for: its tag, branch, event and workflow, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CiProvider(Enum):
    """Whose CI it is; the value is its name for people."""

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
    """What a run is for; empty where the CI does not tell it.

    `tags` are the tags that stand at the commit: one in the run of a tag, maybe several on a computer. `event` and
    `environment` are words of the CI. `workflow` names what defines the run: the `workflow_ref` of GitHub
    (`owner/name/.github/workflows/x.yml@ref`), the configuration file of GitLab, a pipeline elsewhere.
    `is_fork` says that the run is for a change that comes from another repository.
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
        """The tag, the first of several; empty where there is none."""
        return self.tags[0] if self.tags else ""

    @property
    def is_ci(self) -> bool:
        """Whether the run is one of a CI."""
        return self.provider is not CiProvider.NONE
