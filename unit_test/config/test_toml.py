from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.toml import (
    BadValueError,
    Findings,
    TomlValue,
    as_table,
    did_you_mean,
    key_lines,
    parse_toml,
    statements,
    type_name,
)
from cibw.errors import ConfigurationError


def test_the_same_finding_counts_once() -> None:
    findings = Findings()
    for _ in range(2):
        findings.add("place", "message")
        findings.note("note")
    assert len(findings.mistakes) == len(findings.notes) == 1


def test_hints_of_errors_are_kept() -> None:
    findings = Findings()
    findings.add_error("a", BadValueError("wrong", "do right"))
    findings.add_error("b", ValueError("wrong"))
    assert [mistake.hint for mistake in findings.mistakes] == ["do right", ""]


def test_mistakes_end_the_reading() -> None:
    findings = Findings()
    findings.raise_if_any()
    findings.add("CIBW_X", "unknown")
    with pytest.raises(ConfigurationError, match="has an error"):
        findings.raise_if_any()
    findings.add("a.toml:12: x", "wrong")
    findings.add("a.toml:9: x", "wrong")
    with pytest.raises(ConfigurationError, match="has 3 errors") as caught:
        findings.raise_if_any()
    assert [mistake.place for mistake in caught.value.mistakes] == ["CIBW_X", "a.toml:9: x", "a.toml:12: x"]


def test_a_close_word_is_named() -> None:
    assert did_you_mean("biuld", ["build", "skip"]) == "did you mean 'build'?"
    assert did_you_mean("zzz", ["build"], fallback="use build") == "use build"


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


TEXT = '''\
[tool.cibw]
build = "*"   # comment
inherit."test-command" = "append"
before-all = """
build = "this is text, QUOTES"
"""
[tool.cibw.linux] # Linux
archs = ["auto"]
[[tool.cibw.overrides]]
select = "*"
[[ tool.cibw.overrides ]]
select = "cp*"
'''.replace("QUOTES", "'" * 3)


def test_keys_and_tables_have_lines() -> None:
    lines = key_lines(TEXT)
    assert lines["tool", "cibw"] == 1
    assert lines["tool", "cibw", "build"] == 2
    assert lines["tool", "cibw", "inherit", "test-command"] == 3
    assert lines["tool", "cibw", "linux", "archs"] == 8
    assert lines["tool", "cibw", "overrides", "1", "select"] == 10
    assert lines["tool", "cibw", "overrides", "2"] == 11
    assert lines["tool", "cibw", "overrides", "2", "select"] == 12


@given(st.text("[]\"'=.# ab\n", max_size=60))
def test_any_text_has_lines(text: str) -> None:
    assert all(1 <= line <= len(text.splitlines()) for line in key_lines(text).values())


def test_quotes_in_comments_and_short_strings_open_nothing() -> None:
    text = 'a = 1 # QUOTES\nb = "QUOTES"\nc = \'x\' # "\n[t]\n'.replace("QUOTES", "'" * 3)
    assert [line.number for line in statements(text)] == [1, 2, 3, 4]


def test_escaped_quotes_close_nothing() -> None:
    quotes = '"' * 3
    text = f"a = {quotes}\nb = \\{quotes} 1\n{quotes}\nc = {quotes}d{quotes}\ne = 1\n"
    assert [line.key for line in statements(text)] == [("a",), ("c",), ("e",)]
