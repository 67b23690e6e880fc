from __future__ import annotations

from fnmatch import fnmatchcase

import bracex
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.selectors import EnableGroup, Selector, group_of, parse_enable
from cibw.model.identifiers import BuildIdentifier

identifiers = st.builds(
    "{}-{}".format,
    st.sampled_from(["cp38", "cp39", "cp312", "cp313t", "pp311", "gp312_250"]),
    st.sampled_from(["manylinux_x86_64", "musllinux_aarch64", "win32", "macosx_universal2"]),
)
patterns = st.lists(
    st.sampled_from(
        ["cp", "3", "*", "?", "[89]", "[!t]", "{8,9}", "{12,13t}", "{1..3}", "-", "linux", "_", "x86_64", "{"]
    ),
    min_size=1,
    max_size=6,
).map("".join)


@given(st.lists(patterns, max_size=3), identifiers)
def test_a_selector_matches_as_shell_patterns_do(parts: list[str], identifier: str) -> None:
    expanded = [piece for pattern in parts for piece in bracex.expand(pattern)]
    assert Selector.parse(parts).matches(identifier) == any(fnmatchcase(identifier, piece) for piece in expanded)


@pytest.mark.parametrize("value", ["cp39-* pp*", ["cp39-*", "pp*"], ["cp39-*  pp*"], " cp39-*\n pp* "])
def test_patterns_stand_apart_by_white_space(value: str | list[str]) -> None:
    selector = Selector.parse(value)
    assert selector == Selector(("cp39-*", "pp*"))
    assert str(selector) == "cp39-* pp*"
    assert selector.matches("pp311-win_amd64")


def test_no_pattern_matches_nothing() -> None:
    assert not Selector.parse("").matches("")
    assert not Selector.parse([]).matches("cp39-win32")


def test_upper_and_lower_case_differ() -> None:
    assert not Selector.parse("CP39-*").matches("cp39-win32")


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("cp38-*", True),
        ("cp3{8,9}-*", True),
        ("pp* cp38-manylinux_x86_64", True),
        ("cp38*", False),
        ("cp3?-*", False),
        ("*-manylinux_x86_64", False),
        ("cp3[8]-*", False),
        ("cp38", False),
        ("", False),
    ],
)
def test_a_version_is_named_letter_by_letter(text: str, *, is_named: bool) -> None:
    assert Selector.parse(text).names_exactly("cp38") is is_named


def test_braces_that_explode_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 1000 patterns"):
        Selector.parse("cp{1..5000}-*")


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        ([], set()),
        (["pypy", "graalpy", "pypy"], {EnableGroup.PYPY, EnableGroup.GRAALPY}),
        (["all"], set(EnableGroup)),
        (["pypy-eol", "all"], set(EnableGroup)),
    ],
)
def test_groups_are_read(words: list[str], groups: set[EnableGroup]) -> None:
    assert parse_enable(words) == groups


def test_an_unknown_group_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match=r"unknown enable group 'pipy'; the groups are cpython-prerelease, .*, all"):
        parse_enable(["pypy", "pipy"])


@pytest.mark.parametrize(
    ("identifier", "group"),
    [
        ("cp39-manylinux_x86_64", None),
        ("cp315t-win_amd64", None),
        ("cp316-manylinux_x86_64", EnableGroup.CPYTHON_PRERELEASE),
        ("cp316t-win32", EnableGroup.CPYTHON_PRERELEASE),
        ("pp39-manylinux_i686", EnableGroup.PYPY_EOL),
        ("pp310-macosx_arm64", EnableGroup.PYPY_EOL),
        ("pp311-win_amd64", EnableGroup.PYPY),
        ("gp312_250-manylinux_x86_64", EnableGroup.GRAALPY),
        ("cp312-pyodide_wasm32", EnableGroup.PYODIDE_EOL),
        ("cp313-pyodide_wasm32", None),
    ],
)
def test_each_identifier_knows_its_group(identifier: str, group: EnableGroup | None) -> None:
    assert group_of(BuildIdentifier.parse(identifier)) is group
