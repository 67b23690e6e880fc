from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model.templates import Placeholder, Template, cmd_text

BINDINGS = {Placeholder.PROJECT: "C:\\temp/work/project", Placeholder.BUILT_WHEEL: "C:\\temp/a.whl"}
PROJECT = "C:\\temp\\work\\project"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (Template.of("copy ", Placeholder.PROJECT, "/a/b.txt d"), f"copy {PROJECT}\\a\\b.txt d"),
        (Template.of("tool /x ", Placeholder.BUILT_WHEEL, " /y"), "tool /x C:\\temp\\a.whl /y"),
        (Template.of('type "', Placeholder.PROJECT, '/a"/b'), f'type "{PROJECT}\\a"/b'),
        (Template.of("cd ", Placeholder.PROJECT, "&dir /b"), f"cd {PROJECT}&dir /b"),
        (Template.of(Placeholder.PROJECT), PROJECT),
        (Template.of(Placeholder.PROJECT, ";", Placeholder.PROJECT, "/x;/y"), f"{PROJECT};{PROJECT}\\x;/y"),
    ],
)
def test_paths_get_backslashes(template: Template, text: str) -> None:
    assert cmd_text(template, BINDINGS) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\r\n\n  three", "one && two && three"),
        ("one ^\n  --option\ntwo", "one --option && two"),
        ("rem about one\none\n:: about two\n@REM\ntwo", "one && two"),
        ("\n remove ", "remove"),
        ("rem alone", "rem alone"),
        ("", ""),
    ],
)
def test_lines_become_one(text: str, line: str) -> None:
    assert cmd_text(Template.of(text), {}) == line


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_a_line_of_the_user_stays_as_it_is(text: str) -> None:
    assert cmd_text(Template.of(text), {}) == text.strip()
