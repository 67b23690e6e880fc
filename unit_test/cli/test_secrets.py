from __future__ import annotations

from collections.abc import Mapping

from cibw.cli.secrets import learn_environment, learn_from, without_credentials
from cibw.reporting.masking import Masker
from unit_test.planning.planned import options_of, plan_with


def masker_of(environment: Mapping[str, str]) -> Masker:
    mask = Masker()
    learn_environment(mask, environment)
    return mask


def test_the_values_of_secret_variables_are_masked() -> None:
    mask = masker_of({"A_TOKEN": "hush-hush", "MODE": "loud-mode"})
    assert mask("say hush-hush in loud-mode") == "say *** in loud-mode"


def test_a_user_names_further_variables() -> None:
    environment = {
        "CIBW_SECRETS": "COMPANY_* other",
        "COMPANY_PIN": "pin-4711",
        "OTHER": "other-value",
        "THIRD": "third",
    }
    assert masker_of(environment)("pin-4711 other-value third") == "*** *** third"


def test_what_the_configuration_sets_counts_too() -> None:
    options = options_of(
        """
[tool.cibw]
build = "cp312-manylinux_x86_64"
environment = { UPLOAD_TOKEN = "from-table", MODE = "fast-mode", CORP_PIN = "from-option" }
test-command = "true"
test-environment = { DB_PASSWORD = "in-tests" }
config-settings = { "cmake.define.SIGNING_KEY" = "in-settings" }
secrets = ["CORP_*"]
[tool.cibw.linux]
container-engine = { name = "docker", create-args = ["--env", "API_KEY=in-args"] }
"""
    )
    mask = Masker()
    learn_from(mask, plan_with(options), options, {})
    assert mask("from-table in-tests in-args in-settings from-option") == "*** *** *** *** ***"
    assert mask("fast-mode") == "fast-mode"


def test_what_only_builds_sees_no_credentials() -> None:
    credentials = (
        *("TWINE_USERNAME", "TWINE_PASSWORD", "UV_PUBLISH_TOKEN", "UV_PUBLISH_USERNAME", "CIBW_PUBLISH_TO", "GH_TOKEN"),
        *("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SIGSTORE_ID_TOKEN", "DB_PASSWORD"),
        *("FLIT_USERNAME", "HATCH_INDEX_AUTH", "POETRY_PYPI_TOKEN_MAIN", "PDM_PUBLISH_USERNAME", "my_secret"),
    )
    others = ("PATH", "CC", "UV_INDEX_URL", "UV_INDEX_OURS_PASSWORD", "CIBW_BUILD", "TOKENIZERS_PARALLELISM")
    environment = dict.fromkeys((*credentials, *others), "1")
    assert tuple(without_credentials(environment)) == others
