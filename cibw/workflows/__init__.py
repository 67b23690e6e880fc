"""Creates workflow files for a CI service."""

from __future__ import annotations

from enum import Enum

from cibw.errors import assert_never
from cibw.workflows.common import ReadTemplate, Workflow, WorkflowOptions


class CiService(Enum):
    """A CI service that workflow files can be generated for, spelled as on the command line."""

    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE = "azure"
    CIRCLECI = "circleci"
    TRAVIS = "travis"


def make_workflow(service: CiService, options: WorkflowOptions, read: ReadTemplate) -> Workflow:
    """The workflow files for a CI service, and setup instructions for the maintainer."""
    match service:
        case CiService.GITHUB:
            from cibw.workflows.github import github_workflow

            return github_workflow(options, read)
        case CiService.GITLAB:
            from cibw.workflows.gitlab import gitlab_workflow

            return gitlab_workflow(options, read)
        case CiService.AZURE:
            from cibw.workflows.azure import azure_workflow

            return azure_workflow(options, read)
        case CiService.CIRCLECI:
            from cibw.workflows.circleci import circleci_workflow

            return circleci_workflow(options, read)
        case CiService.TRAVIS:
            from cibw.workflows.travis import travis_workflow

            return travis_workflow(options, read)
        case _:
            assert_never(service)
