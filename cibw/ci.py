"""Facts about a CI run: its tag, branch, event and workflow, read from the variables of the CI service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from cibw.errors import truth


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

    @property
    def tag(self) -> str:
        """The first tag; empty if there is none."""
        return self.tags[0] if self.tags else ""

    @property
    def is_ci(self) -> bool:
        """Whether the run is a CI run."""
        return self.provider is not CiProvider.NONE


# Read the facts of a CI run (tag, branch, event) from the variables that each CI sets.

Environment = Mapping[str, str]
Git = Callable[[tuple[str, ...]], str]
"""Runs git with arguments and returns its output; empty if it fails or is missing."""


def ci_facts(environment: Environment) -> CiFacts:
    """The facts of the CI run; the provider is `NONE` outside of a CI."""
    for variable, read in _READERS:
        if _is_set(environment, variable):
            return read(environment)
    return CiFacts()


def _is_set(environment: Environment, variable: str) -> bool:
    """Whether a variable has a value that does not mean false; it may be a number or a name."""
    text = environment.get(variable, "").strip()
    return bool(text) and truth(text) is not False


def with_git(facts: CiFacts, git: Git) -> CiFacts:
    """Add tags and branch from git; facts from the CI take precedence.

    Outside of a CI, or in an unknown CI, git is the only source.
    """
    if facts.tags or facts.branch:
        return facts
    tags = tuple(git(("for-each-ref", "--points-at=HEAD", "--format=%(refname:strip=2)", "refs/tags")).split())
    # git prints HEAD if no branch is checked out.
    branch = git(("rev-parse", "--abbrev-ref", "HEAD")).strip()
    commit = facts.commit or git(("rev-parse", "HEAD")).strip()
    return replace(facts, tags=tags, branch="" if branch == "HEAD" else branch, commit=commit)


def _github(environment: Environment) -> CiFacts:
    event, ref = environment.get("GITHUB_EVENT_NAME", ""), environment.get("GITHUB_REF", "")
    repository = environment.get("GITHUB_REPOSITORY", "")
    is_pull_request = event.startswith("pull_request") or ref.startswith("refs/pull/")
    return CiFacts(
        provider=CiProvider.GITHUB,
        tags=_tags(_after(ref, "refs/tags/")),
        branch=environment.get("GITHUB_HEAD_REF", "") if is_pull_request else _after(ref, "refs/heads/"),
        commit=environment.get("GITHUB_SHA", ""),
        is_pull_request=is_pull_request,
        event=event,
        repository=repository,
        workflow=environment.get("GITHUB_WORKFLOW_REF", ""),
    )


def _gitlab(environment: Environment) -> CiFacts:
    event = environment.get("CI_PIPELINE_SOURCE", "")
    project, source = environment.get("CI_PROJECT_PATH", ""), environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH")
    merge = environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "")
    return CiFacts(
        provider=CiProvider.GITLAB,
        tags=_tags(environment.get("CI_COMMIT_TAG", "")),
        branch=environment.get("CI_COMMIT_BRANCH") or merge,
        commit=environment.get("CI_COMMIT_SHA", ""),
        is_pull_request=event in ("merge_request_event", "external_pull_request_event")
        or bool(environment.get("CI_MERGE_REQUEST_IID")),
        is_fork=bool(source) and source != project,
        event=event,
        repository=project,
        workflow=environment.get("CI_CONFIG_PATH", ""),
        environment=environment.get("CI_ENVIRONMENT_NAME", ""),
    )


def _circleci(environment: Environment) -> CiFacts:
    tag = environment.get("CIRCLE_TAG", "")
    # CIRCLE_PR_NUMBER is set only for forks, CIRCLE_PULL_REQUEST also for branches of the repository.
    is_fork = bool(environment.get("CIRCLE_PR_NUMBER"))
    owner, name = environment.get("CIRCLE_PROJECT_USERNAME", ""), environment.get("CIRCLE_PROJECT_REPONAME", "")
    return CiFacts(
        provider=CiProvider.CIRCLECI,
        tags=_tags(tag),
        branch="" if tag else environment.get("CIRCLE_BRANCH", ""),
        commit=environment.get("CIRCLE_SHA1", ""),
        is_pull_request=not tag and (is_fork or bool(environment.get("CIRCLE_PULL_REQUEST"))),
        is_fork=is_fork,
        repository=f"{owner}/{name}" if owner and name else "",
        workflow=environment.get("CIRCLE_JOB", ""),
    )


def _buildkite(environment: Environment) -> CiFacts:
    tag = environment.get("BUILDKITE_TAG", "")
    repository, origin = environment.get("BUILDKITE_REPO", ""), environment.get("BUILDKITE_PULL_REQUEST_REPO", "")
    return CiFacts(
        provider=CiProvider.BUILDKITE,
        tags=_tags(tag),
        # In a run for a tag, the branch variable contains the tag.
        branch="" if tag else environment.get("BUILDKITE_BRANCH", ""),
        commit=environment.get("BUILDKITE_COMMIT", ""),
        is_pull_request=_is_set(environment, "BUILDKITE_PULL_REQUEST"),
        is_fork=bool(origin) and _place(origin) != _place(repository),
        event=environment.get("BUILDKITE_SOURCE", ""),
        repository=repository,
        workflow=environment.get("BUILDKITE_PIPELINE_SLUG", ""),
    )


def _google(environment: Environment) -> CiFacts:
    # A step only gets substitutions that its `env` passes on.
    return CiFacts(
        provider=CiProvider.GOOGLE,
        tags=_tags(environment.get("TAG_NAME", "")),
        branch=environment.get("BRANCH_NAME", ""),
        commit=environment.get("COMMIT_SHA", ""),
        is_pull_request=bool(environment.get("_PR_NUMBER")),
        repository=environment.get("REPO_FULL_NAME", ""),
        workflow=environment.get("TRIGGER_NAME", ""),
    )


def _azure(environment: Environment) -> CiFacts:
    ref, reason = environment.get("BUILD_SOURCEBRANCH", ""), environment.get("BUILD_REASON", "")
    is_pull_request = reason == "PullRequest" or ref.startswith("refs/pull/")
    head = environment.get("SYSTEM_PULLREQUEST_SOURCEBRANCH", "")
    return CiFacts(
        provider=CiProvider.AZURE,
        tags=_tags(_after(ref, "refs/tags/")),
        branch=_after(head, "refs/heads/") or head if is_pull_request else _after(ref, "refs/heads/"),
        commit=environment.get("BUILD_SOURCEVERSION", ""),
        is_pull_request=is_pull_request,
        is_fork=_is_set(environment, "SYSTEM_PULLREQUEST_ISFORK"),
        event=reason,
        repository=environment.get("BUILD_REPOSITORY_NAME", ""),
        workflow=environment.get("BUILD_DEFINITIONNAME", ""),
    )


def _travis(environment: Environment) -> CiFacts:
    tag, repository = environment.get("TRAVIS_TAG", ""), environment.get("TRAVIS_REPO_SLUG", "")
    is_pull_request = _is_set(environment, "TRAVIS_PULL_REQUEST")
    branch, origin = environment.get("TRAVIS_BRANCH", ""), environment.get("TRAVIS_PULL_REQUEST_SLUG", "")
    if is_pull_request:
        # The branch variable contains the target branch of the pull request.
        branch = environment.get("TRAVIS_PULL_REQUEST_BRANCH", "")
    return CiFacts(
        provider=CiProvider.TRAVIS,
        tags=_tags(tag),
        branch="" if tag else branch,
        commit=environment.get("TRAVIS_COMMIT", ""),
        is_pull_request=is_pull_request,
        is_fork=is_pull_request and bool(origin) and origin != repository,
        event=environment.get("TRAVIS_EVENT_TYPE", ""),
        repository=repository,
        workflow=environment.get("TRAVIS_JOB_NAME", ""),
    )


def _other(_: Environment) -> CiFacts:
    return CiFacts(provider=CiProvider.OTHER)


_READERS: tuple[tuple[str, Callable[[Environment], CiFacts]], ...] = (
    ("GITHUB_ACTIONS", _github),
    ("GITLAB_CI", _gitlab),
    ("CIRCLECI", _circleci),
    ("BUILDKITE", _buildkite),
    ("BUILDER_OUTPUT", _google),
    ("TF_BUILD", _azure),
    ("TRAVIS", _travis),
    ("CI", _other),
)


def _tags(tag: str) -> tuple[str, ...]:
    return (tag,) if tag else ()


def _after(ref: str, start: str) -> str:
    return ref.removeprefix(start) if ref.startswith(start) else ""


def _place(address: str) -> str:
    """The location of a repository without the protocol: `git@host:a/b.git` and `https://host/a/b` are equal."""
    bare = address.rpartition("://")[2].rpartition("@")[2].removesuffix("/").removesuffix(".git")
    return bare.replace(":", "/").lower()
