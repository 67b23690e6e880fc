from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model.template import Late, Template
from unit_test.strategies import templates

BINDINGS = {late: f"<{late.value}>" for late in Late}


def test_a_template_is_filled_in() -> None:
    template = Template.of("cd ", Late.PROJECT, "/sub")
    assert template.render({Late.PROJECT: "/project"}) == "cd /project/sub"
    assert str(template) == "cd {project}/sub"


def test_a_value_that_is_not_bound_is_named() -> None:
    with pytest.raises(KeyError, match="WHEEL"):
        Template.of(Late.WHEEL).render({Late.PROJECT: "/project"})


@given(st.lists(templates, max_size=3))
def test_joining_templates_joins_their_texts(pieces: list[Template]) -> None:
    joined = Template.of(*pieces)
    assert joined.render(BINDINGS) == "".join(piece.render(BINDINGS) for piece in pieces)
    assert bool(joined) == any(pieces)


@given(templates)
def test_no_part_is_empty_and_no_strings_stand_side_by_side(template: Template) -> None:
    kinds = [isinstance(part, str) for part in template.parts]
    assert "" not in template.parts
    assert not any(first and second for first, second in itertools.pairwise(kinds))
    assert Template.of(template) == template
