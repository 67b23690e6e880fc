from __future__ import annotations

import pytest

from cibw.config.toml import TomlValue, as_table, parse_toml, type_name


def test_values_keep_their_types() -> None:
    assert parse_toml('a = 1\nb = "x"\nc = [true, 1.5]\n[d]\ne = {}') == {
        "a": 1,
        "b": "x",
        "c": (True, 1.5),
        "d": {"e": {}},
    }


def test_a_date_becomes_text() -> None:
    assert parse_toml("a = 2026-01-02") == {"a": "2026-01-02"}


def test_a_mistake_has_its_line() -> None:
    with pytest.raises(ValueError, match="line 2"):
        parse_toml("a = 1\nb ! 2")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "a boolean"),
        ("", "a string"),
        (1, "an integer"),
        (1.0, "a float"),
        ((), "an array"),
        ({}, "a table"),
    ],
)
def test_types_have_names(value: TomlValue, name: str) -> None:
    assert type_name(value) == name


def test_what_is_no_table_counts_as_empty() -> None:
    assert as_table({"a": 1}) == {"a": 1}
    assert as_table("a") == {}
    assert as_table(None) == {}
