from __future__ import annotations

import pytest

from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.model.identifiers import Platform
from unit_test.config.loading import load, mistake

TABLE = (
    '[tool.cibw.mirrors]\n"https://files.example.org/" = "https://near.example/files"\n"maven:" = "http://m.example"'
)
PAIRS = (("https://files.example.org/", "https://near.example/files"), ("maven:", "http://m.example"))


@pytest.mark.parametrize("platform", Platform)
def test_mirrors_are_a_table_for_every_platform(platform: Platform) -> None:
    assert load(TABLE, platform).mirrors == PAIRS
    assert load("", platform).mirrors == ()


def test_a_variable_holds_words() -> None:
    assert load(CIBW_MIRRORS="maven:com/=https://a.example 'https://b.example=https://c.example/d'").mirrors == (
        ("maven:com/", "https://a.example"),
        ("https://b.example", "https://c.example/d"),
    )


def test_a_variable_replaces_the_table_or_adds_to_it() -> None:
    added = "maven:=https://new.example"
    assert load(TABLE, CIBW_MIRRORS=added).mirrors == (("maven:", "https://new.example"),)
    appended = load(TABLE, CIBW_MIRRORS=added, CIBW_INHERIT="mirrors: append")
    assert appended.mirrors == (PAIRS[0], ("maven:", "https://new.example"))


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ('"files" = "https://a.example"', "'files' is not a URL prefix"),
        ('"https:" = "https://a.example"', "'https:' is not a URL prefix"),
        ('"ftp://x" = 3', "must be a string, not an integer"),
        ('"https://x.example" = "near"', "'near' is not a mirror URL"),
        ('"https://x.example" = "file:///srv"', "'file:///srv' is not a mirror URL"),
        ('"https://x.example" = "https://a.example/?q=1"', "'https://a.example/?q=1' is not a mirror URL"),
    ],
)
def test_what_is_no_mirror_is_told(pair: str, message: str) -> None:
    assert mistake(f"[tool.cibw.mirrors]\n{pair}").message == message


def test_registries_of_images_have_mirrors() -> None:
    words = (
        "quay.io/pypa=near.example/pypa docker.io=localhost:5000/hub localhost=near.example maven:=https://m.example"
    )
    assert load(CIBW_MIRRORS=words).mirrors == (
        ("quay.io/pypa", "near.example/pypa"),
        ("docker.io", "localhost:5000/hub"),
        ("localhost", "near.example"),
        ("maven:", "https://m.example"),
    )


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ('"quay.io" = "near"', "'near' is not an image registry"),
        ('"quay.io" = "near.example/a?b"', "'near.example/a?b' is not an image registry"),
        ('"quay.io" = "https://near.example"', "'quay.io' is not a URL prefix"),
        ('"ubuntu" = "near.example"', "'ubuntu' is not a URL prefix"),
        ('"maven:" = "near.example"', "'near.example' is not a mirror URL"),
    ],
)
def test_a_registry_is_no_address_and_no_address_a_registry(pair: str, message: str) -> None:
    assert mistake(f"[tool.cibw.mirrors]\n{pair}").message == message


def test_a_login_is_refused_and_not_repeated() -> None:
    table = mistake('[tool.cibw.mirrors]\n"https://x.example" = "https://me:pass@a.example"')
    assert table.message == "the address contains credentials, which anyone who can read the configuration could see"
    assert "pass" not in mistake(CIBW_MIRRORS="https://me:pass@a.example").message


@pytest.mark.parametrize(
    ("text", "message"),
    [("mirrors = 3", "must be a string or a table, not an integer"), ('mirrors = "x"', "'x' is not a mirror")],
)
def test_other_values_are_told(text: str, message: str) -> None:
    assert mistake(f"[tool.cibw]\n{text}").message == message


@pytest.mark.parametrize(
    ("text", "variable", "expected"),
    [
        ("", "", False),
        ("offline = true", "1", True),
        ("offline = false", "1", True),
        ("offline = true", "no", False),
    ],
)
def test_a_run_may_do_without_the_network(text: str, variable: str, expected: bool) -> None:
    assert load(f"[tool.cibw]\n{text}", CIBW_OFFLINE=variable).offline is expected


def test_the_table_alone_is_enough() -> None:
    assert load("[tool.cibw]\noffline = true").offline


def test_the_argument_goes_before_all() -> None:
    sources = Sources(config_text="", environ={"CIBW_OFFLINE": "false"}, arguments=Arguments(offline=True))
    assert load_options(sources, Platform.LINUX).offline


def test_a_word_that_is_neither_yes_nor_no() -> None:
    assert mistake("[tool.cibw]\noffline = 'auto'").message == "must be true or false"
