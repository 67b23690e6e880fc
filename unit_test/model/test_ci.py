from __future__ import annotations

import pytest

from cibw.ci import CiFacts, CiProvider, ci_facts, with_git
from cibw.model.release import Gates


def test_the_tag_is_the_first_of_several() -> None:
    assert CiFacts(tags=("v1.0", "latest")).tag == "v1.0"
    assert CiFacts().tag == ""


def test_a_computer_is_no_ci() -> None:
    assert not CiFacts().is_ci
    assert CiFacts(provider=CiProvider.OTHER).is_ci


def test_gates_stand_open_but_for_pull_requests() -> None:
    assert Gates() == Gates(require_tag=False, branches=(), never_from_pull_request=True)


GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_SHA": "abc",
    "GITHUB_REPOSITORY": "octo/hello",
    "GITHUB_WORKFLOW_REF": "octo/hello/.github/workflows/release.yml@refs/tags/v1.0",
}
GITLAB = {"GITLAB_CI": "true", "CI_PROJECT_PATH": "octo/hello", "CI_COMMIT_SHA": "abc"}
CIRCLE = {"CIRCLECI": "true", "CIRCLE_SHA1": "abc", "CIRCLE_PROJECT_USERNAME": "o", "CIRCLE_PROJECT_REPONAME": "h"}
BUILDKITE = {"BUILDKITE": "true", "BUILDKITE_COMMIT": "abc", "BUILDKITE_REPO": "git@github.example:octo/hello.git"}
AZURE = {"TF_BUILD": "True", "BUILD_SOURCEVERSION": "abc", "BUILD_REPOSITORY_NAME": "octo/hello"}
TRAVIS = {"TRAVIS": "true", "TRAVIS_COMMIT": "abc", "TRAVIS_REPO_SLUG": "octo/hello"}


def test_no_ci() -> None:
    assert ci_facts({}) == ci_facts({"CI": "false", "TRAVIS": ""}) == CiFacts()


@pytest.mark.parametrize("value", ["", " ", "0", "false", "False", "no", "off"])
@pytest.mark.parametrize(
    "name", ["GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE", "BUILDER_OUTPUT", "TF_BUILD", "TRAVIS", "CI"]
)
def test_a_variable_that_says_no_is_no_ci(name: str, value: str) -> None:
    assert not ci_facts({name: value}).is_ci
    assert ci_facts({name: "true"}).is_ci


def test_an_unknown_ci() -> None:
    assert ci_facts({"CI": "1"}) == CiFacts(provider=CiProvider.OTHER)
    assert ci_facts({"CI": "woodpecker"}) == CiFacts(provider=CiProvider.OTHER)


def test_github_for_a_tag() -> None:
    facts = ci_facts({**GITHUB, "GITHUB_REF": "refs/tags/v1.0", "GITHUB_EVENT_NAME": "push"})
    assert facts == CiFacts(
        provider=CiProvider.GITHUB,
        tags=("v1.0",),
        commit="abc",
        event="push",
        repository="octo/hello",
        workflow=GITHUB["GITHUB_WORKFLOW_REF"],
    )


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "pull_request_review"])
def test_github_for_a_pull_request(event: str) -> None:
    facts = ci_facts({**GITHUB, "GITHUB_REF": "refs/pull/3/merge", "GITHUB_EVENT_NAME": event, "GITHUB_HEAD_REF": "x"})
    assert (facts.is_pull_request, facts.branch, facts.tags, facts.event) == (True, "x", (), event)


def test_a_branch_that_looks_like_a_tag_is_a_branch() -> None:
    facts = ci_facts({**GITHUB, "GITHUB_REF": "refs/heads/v1.0", "GITHUB_EVENT_NAME": "push"})
    assert (facts.branch, facts.tags) == ("v1.0", ())


def test_gitlab_for_a_tag() -> None:
    facts = ci_facts({**GITLAB, "CI_COMMIT_TAG": "v1.0", "CI_PIPELINE_SOURCE": "push", "CI_ENVIRONMENT_NAME": "index"})
    assert (facts.tag, facts.branch, facts.environment, facts.is_pull_request) == ("v1.0", "", "index", False)
    assert (facts.repository, facts.commit) == ("octo/hello", "abc")


def test_gitlab_for_a_merge_request_of_a_fork() -> None:
    request = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_IID": "4",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "x",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "fork/hello",
    }
    facts = ci_facts({**GITLAB, **request})
    assert (facts.is_pull_request, facts.is_fork, facts.branch) == (True, True, "x")
    same = ci_facts({**GITLAB, **request, "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "octo/hello"})
    assert not same.is_fork


def test_gitlab_for_a_branch() -> None:
    facts = ci_facts({**GITLAB, "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push"})
    assert (facts.branch, facts.is_pull_request) == ("main", False)


@pytest.mark.parametrize(
    ("variables", "tags", "branch", "is_pull_request", "is_fork"),
    [
        ({"CIRCLE_TAG": "v1.0"}, ("v1.0",), "", False, False),
        ({"CIRCLE_BRANCH": "main"}, (), "main", False, False),
        ({"CIRCLE_BRANCH": "x", "CIRCLE_PULL_REQUEST": "https://pr/3"}, (), "x", True, False),
        ({"CIRCLE_BRANCH": "pull/3", "CIRCLE_PR_NUMBER": "3"}, (), "pull/3", True, True),
    ],
)
def test_circleci(
    variables: dict[str, str], tags: tuple[str, ...], branch: str, is_pull_request: bool, is_fork: bool
) -> None:
    facts = ci_facts({**CIRCLE, **variables})
    assert (facts.provider, facts.repository, facts.commit) == (CiProvider.CIRCLECI, "o/h", "abc")
    assert (facts.tags, facts.branch) == (tags, branch)
    assert (facts.is_pull_request, facts.is_fork) == (is_pull_request, is_fork)


def test_buildkite_for_a_tag() -> None:
    tag = {"BUILDKITE_TAG": "v1.0", "BUILDKITE_BRANCH": "v1.0", "BUILDKITE_PULL_REQUEST": "false"}
    facts = ci_facts({**BUILDKITE, **tag})
    assert (facts.tag, facts.branch, facts.is_pull_request) == ("v1.0", "", False)


@pytest.mark.parametrize(
    ("origin", "is_fork"), [("https://github.example/octo/hello", False), ("https://github.example/x/hello.git", True)]
)
def test_buildkite_for_a_pull_request(origin: str, is_fork: bool) -> None:
    request = {"BUILDKITE_BRANCH": "x", "BUILDKITE_PULL_REQUEST": "9", "BUILDKITE_PULL_REQUEST_REPO": origin}
    facts = ci_facts({**BUILDKITE, **request})
    assert (facts.branch, facts.is_pull_request, facts.is_fork) == ("x", True, is_fork)


def test_google_tells_what_is_handed_on() -> None:
    step = {"BUILDER_OUTPUT": "/builder/outputs"}
    assert ci_facts(step) == CiFacts(provider=CiProvider.GOOGLE)
    facts = ci_facts({**step, "TAG_NAME": "v1.0", "COMMIT_SHA": "abc", "REPO_FULL_NAME": "octo/hello"})
    assert (facts.tag, facts.commit, facts.repository) == ("v1.0", "abc", "octo/hello")
    assert ci_facts({**step, "_PR_NUMBER": "3", "BRANCH_NAME": "x"}).is_pull_request


def test_azure_for_a_tag() -> None:
    facts = ci_facts({**AZURE, "BUILD_SOURCEBRANCH": "refs/tags/v1.0", "BUILD_REASON": "IndividualCI"})
    assert (facts.tag, facts.branch, facts.event) == ("v1.0", "", "IndividualCI")


def test_azure_for_a_pull_request() -> None:
    request = {
        "BUILD_SOURCEBRANCH": "refs/pull/3/merge",
        "BUILD_REASON": "PullRequest",
        "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/x",
        "SYSTEM_PULLREQUEST_ISFORK": "True",
    }
    facts = ci_facts({**AZURE, **request})
    assert (facts.is_pull_request, facts.is_fork, facts.branch) == (True, True, "x")


def test_travis_for_a_tag() -> None:
    facts = ci_facts({**TRAVIS, "TRAVIS_TAG": "v1.0", "TRAVIS_BRANCH": "v1.0", "TRAVIS_PULL_REQUEST": "false"})
    assert (facts.tag, facts.branch, facts.is_pull_request) == ("v1.0", "", False)


def test_travis_for_a_pull_request() -> None:
    request = {
        "TRAVIS_BRANCH": "main",
        "TRAVIS_PULL_REQUEST": "3",
        "TRAVIS_PULL_REQUEST_BRANCH": "x",
        "TRAVIS_PULL_REQUEST_SLUG": "fork/hello",
    }
    facts = ci_facts({**TRAVIS, **request})
    assert (facts.is_pull_request, facts.is_fork, facts.branch) == (True, True, "x")


def _git(**answers: str) -> dict[tuple[str, ...], str]:
    return {
        ("for-each-ref", "--points-at=HEAD", "--format=%(refname:strip=2)", "refs/tags"): answers.get("tags", ""),
        ("rev-parse", "--abbrev-ref", "HEAD"): answers.get("branch", ""),
        ("rev-parse", "HEAD"): answers.get("commit", ""),
    }


def test_git_knows_tags_and_branch_of_a_computer() -> None:
    answers = _git(tags="v1.0\nlatest\n", branch="main\n", commit="abc\n")
    assert with_git(CiFacts(), answers.__getitem__) == CiFacts(tags=("v1.0", "latest"), branch="main", commit="abc")


def test_a_checkout_without_branch_has_none() -> None:
    assert with_git(CiFacts(), _git(branch="HEAD\n", commit="abc\n").__getitem__) == CiFacts(commit="abc")


def test_a_ci_that_tells_is_believed() -> None:
    facts = ci_facts({**GITHUB, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push"})
    assert with_git(facts, _git(tags="v9", branch="x").__getitem__) == facts
