from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from cibw.cli.arguments import CommandLine
from cibw.cli.session import Session, learn_environment, learn_from, without_credentials
from cibw.errors import ConfigurationError
from cibw.model.identifiers import Platform
from cibw.reporting.masking import Masker
from cibw.reporting.terminal import TerminalStyle
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


def session(line: CommandLine | None = None, **environment: str) -> Session:
    return Session(
        line=line or CommandLine(),
        environment=environment,
        working_dir=Path("/here"),
        style=TerminalStyle(),
    )


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("Yes", True), ("", False), ("0", False), ("no", False)])
def test_switches(value: str, expected: bool) -> None:
    assert session(CIBW_DEBUG_KEEP_CONTAINER=value).is_on("CIBW_DEBUG_KEEP_CONTAINER") is expected
    assert session(CIBW_DEBUG_TRACEBACK=value).shows_traceback is expected


def test_the_cache() -> None:
    assert session(CIBW_CACHE_PATH="/kept").cache_dir == Path("/kept")
    assert session(CIBW_CACHE_PATH="kept").cache_dir == Path("/here/kept")
    assert session().cache_dir.name == "cibw"


def test_the_platform() -> None:
    only = CommandLine(only="cp312-win_amd64")
    argument = CommandLine(platform="macos")
    assert session(only, CIBW_PLATFORM="linux").platform() is Platform.WINDOWS
    assert session(argument, CIBW_PLATFORM="linux").platform() is Platform.MACOS
    assert session(CIBW_PLATFORM="pyodide").platform() is Platform.PYODIDE
    assert session(CIBW_PLATFORM="auto").platform() is session().platform()
    with pytest.raises(ConfigurationError, match="'bsd'"):
        session(CIBW_PLATFORM="bsd").platform()


@pytest.mark.parametrize("mode", ["", "azure", "GitHub", "gitlab", "travis", "disabled"])
def test_known_ways_of_folding(mode: str) -> None:
    session(CIBW_LOG_FOLD_MODE=mode).check()


def test_an_unknown_way_of_folding() -> None:
    with pytest.raises(ConfigurationError) as raised:
        session(CIBW_LOG_FOLD_MODE="paper").check()
    assert raised.value.mistakes[0].place == "CIBW_LOG_FOLD_MODE"
    assert "disabled" in raised.value.mistakes[0].hint
