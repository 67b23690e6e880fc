from __future__ import annotations

import shlex
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.toml import BadValueError
from cibw.config.values.types import named_fields, parse_fields, split_fields, split_words

field_words = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3).map(tuple)


@given(st.lists(field_words, max_size=4).map(tuple))
def test_quoted_words_come_back(fields: tuple[tuple[str, ...], ...]) -> None:
    text = " ; ".join(shlex.join(field) for field in fields)
    assert split_fields(text) == fields


@given(st.text(st.characters(blacklist_characters=";"), max_size=20))
def test_words_split_as_in_a_shell(text: str) -> None:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.whitespace = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
    try:
        expected = tuple(lexer)
    except ValueError:
        with pytest.raises(ValueError, match="unclosed"):
            split_fields(text)
        return
    assert tuple(word for field in split_fields(text) for word in field) == expected


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadValueError):
        assert all(name or words for name, words in named_fields(text))


def test_fields_have_names_and_positions() -> None:
    fields = parse_fields(
        "docker; create-args: --net host; create-args:-v a", positional=["name"], named=["create-args"]
    )
    assert fields == {"name": ("docker",), "create-args": ("--net", "host", "-v", "a")}


def test_a_quoted_semicolon_ends_nothing() -> None:
    assert parse_fields('x: \'a;b\' c\\;d "e;\\""', named=["x"]) == {"x": ("a;b", "c;d", 'e;"')}


def test_an_unknown_field_has_a_close_match() -> None:
    with pytest.raises(ValueError, match="unknown field 'arg'") as caught:
        parse_fields("build; arg: x", positional=["name"], named=["args"])
    assert vars(caught.value)["hint"] == "did you mean 'args'?"


def test_a_field_without_a_name_is_refused_where_none_is_left() -> None:
    with pytest.raises(ValueError, match="'b' has no field name"):
        parse_fields("a; b", positional=["name"])


def test_words_need_closed_quotes() -> None:
    assert split_words("a 'b c'") == ("a", "b c")
    with pytest.raises(ValueError, match="no closing quotation"):
        split_words("a 'b")


@pytest.mark.parametrize("text", [":", ":uv", "pip; : a"])
def test_a_colon_needs_a_name(text: str) -> None:
    with pytest.raises(BadValueError, match="missing name before the colon"):
        named_fields(text)
