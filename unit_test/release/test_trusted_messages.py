from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.ci import CiFacts, CiProvider
from cibw.release.identity import (
    claims_that_matter,
    clean,
    no_identity,
    no_permission,
    not_offered,
    read_claims,
    refused,
    reused_workflow,
    unencrypted,
    workflow_file,
)
from unit_test.release.identities import GITHUB, token

CALLED = {**GITHUB, "job_workflow_ref": "octo/shared/.github/workflows/publish.yml@main"}


def _texts(claims: object) -> dict[str, str]:
    assert isinstance(claims, dict)
    return {name: value for name, value in claims.items() if isinstance(value, str)}


def test_claims_are_read_and_those_that_matter_are_shown() -> None:
    claims = read_claims(token(GITHUB))
    assert claims["repository"] == "octo/hello"
    assert "exp" not in claims
    shown = claims_that_matter(claims)
    assert tuple(shown) == ("repository", "workflow_ref", "job_workflow_ref", "environment", "ref", "event_name")


def test_the_subject_is_shown_where_nothing_else_is() -> None:
    assert claims_that_matter({"sub": "someone"}) == {"sub": "someone"}
    assert tuple(claims_that_matter({"sub": "1", "email": "a@b"})) == ("email", "sub")


@given(st.text())
def test_any_text_is_a_token_or_none(text: str) -> None:
    assert isinstance(read_claims(text), dict)
    assert isinstance(read_claims(f"a.{text}.b"), dict)


@pytest.mark.parametrize("text", ["", "a.b", "a.é.b", "a.WzFd.b", "a.!.b"])
def test_what_is_no_token_has_no_claims(text: str) -> None:
    assert read_claims(text) == {}


def test_a_workflow_file_and_a_reused_one() -> None:
    assert workflow_file(str(GITHUB["workflow_ref"])) == "release.yml"
    assert reused_workflow(read_claims(token(GITHUB))) is None
    assert reused_workflow(read_claims(token(CALLED))) == (
        "octo/shared/.github/workflows/publish.yml",
        "octo/hello/.github/workflows/release.yml",
    )


def test_no_token_is_shown() -> None:
    secret = token(GITHUB)
    text = clean(f"it said {secret} and\n pypi-AgEIcHlwaS5vcmc and {'x' * 400}")
    assert text.startswith("it said *** and *** and xxx")
    assert text.endswith("...")
    assert secret not in text


def test_an_unknown_publisher_is_described_field_by_field() -> None:
    fault = refused("index.example", {"invalid-publisher": "valid token, but no publisher"}, _texts(dict(GITHUB)))
    assert not fault.is_absent
    assert "* repository: octo/hello" in fault.message
    assert "valid token, but no publisher" in fault.message
    assert "owner octo, repository hello, workflow release.yml, environment index" in fault.hint
    assert "pending" in fault.hint
    assert "reusable" not in fault.hint


def test_a_publisher_of_gitlab_without_environment() -> None:
    claims = {"project_path": "g/sub/hello", "ci_config_ref_uri": "gitlab.example/g/sub/hello//.gitlab-ci.yml@refs/x"}
    hint = refused("h", {"invalid-publisher": ""}, claims).hint
    assert "owner g/sub, repository hello, workflow .gitlab-ci.yml, and no environment" in hint


def test_a_reusable_workflow_is_named() -> None:
    hint = refused("h", {"invalid-publisher": ""}, _texts(CALLED)).hint
    assert "reusable workflow octo/shared/.github/workflows/publish.yml" in hint
    assert "into release.yml" in hint


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalid-pending-publisher", "name is already taken"),
        ("invalid-token", "The index rejected it"),
        ("invalid-reuse-token", "already exchanged for a token"),
        ("not-enabled", "disabled for this CI"),
        ("invalid-payload", "does not trust the CI"),
        ("something-new", "unknown reason"),
    ],
)
def test_each_code_has_its_sentence(code: str, words: str) -> None:
    fault = refused("h", {code: ""}, {})
    assert words in fault.message
    assert f"({code})" in fault.message
    assert fault.hint


def test_the_unsafe_event_is_named() -> None:
    hint = refused("h", {"invalid-token": ""}, {"event_name": "pull_request_target"}).hint
    assert hint.startswith("Runs of pull_request_target do not get a token")


def test_absent_faults() -> None:
    assert "temporarily disabled" in not_offered("h", 403).message
    assert "does not support trusted publishing" in not_offered("h", 404).message
    assert "not encrypted" in unencrypted("http://index.example/").message


def test_a_missing_permission() -> None:
    assert "id-token: write" in no_permission(CiFacts(provider=CiProvider.GITHUB)).hint
    fork = no_permission(CiFacts(provider=CiProvider.GITHUB, is_pull_request=True))
    assert "fork" in fork.message


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (CiProvider.GITLAB, "id_tokens: {MY_INDEX_ID_TOKEN: {aud: my-index}}"),
        (CiProvider.CIRCLECI, "circleci"),
        (CiProvider.BUILDKITE, "buildkite-agent"),
        (CiProvider.GOOGLE, "GOOGLE_SERVICE_ACCOUNT_NAME"),
        (CiProvider.GITHUB, "status page"),
        (CiProvider.AZURE, "CIBW_PUBLISH_TOKEN"),
        (CiProvider.NONE, "CIBW_PUBLISH_TOKEN"),
    ],
)
def test_how_each_ci_gives_an_identity(provider: CiProvider, words: str) -> None:
    fault = no_identity(CiFacts(provider=provider), "my-index", "because")
    assert words in fault.hint
    assert "because" in fault.message
