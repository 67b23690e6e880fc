from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cibw.config.lines import key_lines, statements

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
