from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cibw.workflows.templates import fill, flow, rows, scalar


def read(text: str) -> object:
    return YAML(typ="safe").load(text)


def test_places_within_a_line_get_their_values() -> None:
    assert fill("run: @one@ @two@\n", {"one": "a", "two": "b"}) == "run: a b\n"


def test_a_line_of_its_own_takes_a_block_and_indents_it() -> None:
    assert fill("jobs:\n  @block@\nend\n", {"block": "a:\n  b: 1\n"}) == "jobs:\n  a:\n    b: 1\nend\n"


def test_empty_lines_of_a_block_get_no_blanks() -> None:
    assert fill("  @block@\n", {"block": "a\n\nb"}) == "  a\n\n  b\n"


def test_a_value_is_no_template() -> None:
    assert fill("@block@\na @word@\n", {"block": "tag @word@", "word": "@block@"}) == "tag @word@\na @block@\n"


def test_of_several_empty_lines_one_stays() -> None:
    assert fill("a\n\n@block@\n\nb\n", {"block": ""}) == "a\n\nb\n"


def test_an_empty_block_takes_its_line_away() -> None:
    assert fill("a\n  @block@\nb\n", {"block": ""}) == "a\nb\n"


@pytest.mark.parametrize("template", ["@missing@\n", "a @missing@\n"])
def test_a_place_without_a_value_is_a_mistake(template: str) -> None:
    with pytest.raises(KeyError):
        fill(template, {})


def test_the_version_of_an_action_is_no_place() -> None:
    assert fill("uses: actions/checkout@df4cb1c # v6\n", {}) == "uses: actions/checkout@df4cb1c # v6\n"


@pytest.mark.parametrize("text", ["linux-x86_64", "ubuntu-24.04", "a b"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize("text", ["", "yes", "No", "null", "3.10", "--archs x86", "a: b", "# c", "{x}", "*", "v*"])
def test_what_yaml_would_read_otherwise_is_quoted(text: str) -> None:
    assert scalar(text).startswith('"')


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_yaml_reads_every_text_back(text: str) -> None:
    assert read(f"value: {scalar(text)}") == {"value": text}


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True).map("k".__add__), st.text("ab -:#,{}[]'\""), max_size=4
    )
)
def test_yaml_reads_a_mapping_in_one_line_back(mapping: dict[str, str]) -> None:
    assert read(flow(mapping)) == mapping
    assert read(rows([mapping, mapping])) == [mapping, mapping]
