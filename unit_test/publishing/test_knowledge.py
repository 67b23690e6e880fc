from __future__ import annotations

import sys

import pytest

from cibw.publishing.knowledge import load_knowledge, rst_problem


def test_what_the_libraries_know() -> None:
    knowledge = load_knowledge()
    assert "Typing :: Typed" in knowledge.classifiers
    assert knowledge.deprecated["Natural Language :: Ukranian"] == ("Natural Language :: Ukrainian",)
    assert knowledge.render is rst_problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Title\n=====\n\nand text\n", ""),
        ("Title\n==\n\n:nonsense:`x`\n", 'line 4: Unknown interpreted text role "nonsense".'),
        (".. image::\n", "line 1: Error in"),
        ("", "No content rendered from RST source."),
    ],
)
def test_what_is_wrong_with_a_text(text: str, problem: str) -> None:
    found = rst_problem(text)
    assert found.startswith(problem)
    assert bool(found) is bool(problem)


def test_libraries_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trove_classifiers", None)
    monkeypatch.setitem(sys.modules, "readme_renderer.rst", None)
    knowledge = load_knowledge()
    assert (knowledge.classifiers, knowledge.render) == (frozenset(), None)
