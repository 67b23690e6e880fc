from __future__ import annotations

import pytest

from unit_test.config.loading import load, mistake


def test_names_come_from_the_file_and_from_the_variable() -> None:
    loaded = load('[tool.cibw]\nsecrets = ["COMPANY_*"]', CIBW_SECRETS="OTHER_PIN THIRD")
    assert loaded.secrets == ("COMPANY_*", "OTHER_PIN", "THIRD")


def test_there_are_none_by_default() -> None:
    assert load("").secrets == ()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("*", "matches every variable"), ("**", "matches every"), ("A=B", "not a variable name")],
)
def test_what_is_no_name(pattern: str, words: str) -> None:
    assert words in mistake(f'[tool.cibw]\nsecrets = ["{pattern}"]').message
