from __future__ import annotations

import pytest

from cibw.cli.secrets import secrets_of, without_credentials
from cibw.reporting.redact import masked_text
from unit_test.planning.planned import plan_of


@pytest.mark.parametrize(
    "name", ["GITHUB_TOKEN", "token", "MY_SECRET", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "API_KEY"]
)
def test_names_that_speak_of_secrets(name: str) -> None:
    assert secrets_of({name: "hush"}) == ("hush",)


@pytest.mark.parametrize("name", ["TOKENIZERS_PARALLELISM", "PASSWORD_STORE_DIR", "KEYBOARD", "PATH"])
def test_names_that_only_look_like_it(name: str) -> None:
    assert secrets_of({name: "false"}) == ()


def test_a_password_in_an_address_is_a_secret() -> None:
    assert secrets_of({"UV_INDEX_URL": "https://me:s3cret@index.example/simple"}) == ("s3cret",)


def test_what_the_configuration_sets_counts_too() -> None:
    plan = plan_of(
        """
[tool.cibw]
build = "cp312-manylinux_x86_64"
environment = { UPLOAD_TOKEN = "from-table", MODE = "fast" }
test-command = "true"
test-environment = { DB_PASSWORD = "in-tests" }
[tool.cibw.linux]
container-engine = { name = "docker", create-args = ["--env", "API_KEY=in-args"] }
"""
    )
    assert set(secrets_of({}, plan)) == {"from-table", "in-tests", "in-args"}


def test_a_text_is_masked() -> None:
    assert masked_text("say hush now", secrets_of({"A_TOKEN": "hush"})) == "say *** now"
    assert masked_text("say hush now", ()) == "say hush now"


def test_what_only_builds_sees_no_credentials() -> None:
    credentials = (
        *("TWINE_USERNAME", "TWINE_PASSWORD", "UV_PUBLISH_TOKEN", "UV_PUBLISH_USERNAME", "CIBW_PUBLISH_TO", "GH_TOKEN"),
        *("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SIGSTORE_ID_TOKEN", "DB_PASSWORD"),
        *("FLIT_USERNAME", "HATCH_INDEX_AUTH", "POETRY_PYPI_TOKEN_MAIN", "PDM_PUBLISH_USERNAME", "my_secret"),
    )
    others = ("PATH", "CC", "UV_INDEX_URL", "UV_INDEX_OURS_PASSWORD", "CIBW_BUILD", "TOKENIZERS_PARALLELISM")
    environment = dict.fromkeys((*credentials, *others), "1")
    assert tuple(without_credentials(environment)) == others
