from __future__ import annotations

import pytest

from cibw.config.groups import group_requirements
from cibw.config.toml import parse_toml

PYPROJECT = parse_toml("""
[dependency-groups]
test = ["pytest", {include-group = "Plug.Ins"}, "hypothesis>=6"]
plug-ins = ["pytest-xdist"]
loop = [{include-group = "loop"}]
odd = [{other = "x"}]
text = "pytest"
""")


def test_included_groups_stand_in_place() -> None:
    assert group_requirements(PYPROJECT, "Test") == ("pytest", "pytest-xdist", "hypothesis>=6")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("loop", "includes itself: loop -> loop"),
        ("odd", "not a requirement"),
        ("text", "is not an array"),
        ("tests", "no dependency group 'tests'"),
    ],
)
def test_what_is_wrong_is_said(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        group_requirements(PYPROJECT, name)


def test_a_missing_table_is_said() -> None:
    with pytest.raises(ValueError, match=r"has no \[dependency-groups\]"):
        group_requirements(None, "test")
