from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.toml import parse_toml
from cibw.config.values.commands import (
    PlaceholderName,
    audit_meanings,
    group_requirements,
    hook_meanings,
    meanings_in_tests,
    names_in,
    parse_template,
    repair_meanings,
)
from cibw.model.templates import REPAIRED_DIR, Placeholder, Template

HOOK = hook_meanings(".")
plain = st.text(st.characters(blacklist_characters="{#"), max_size=10)
pieces = st.lists(st.one_of(plain, st.sampled_from(list(HOOK))), max_size=6)


@given(pieces)
def test_placeholders_become_late_values(parts: list[str | PlaceholderName]) -> None:
    text = "".join(part if isinstance(part, str) else f"{{{part.value}}}" for part in parts)
    expected = Template.of(*(part if isinstance(part, str) else HOOK[part] for part in parts))
    assert parse_template(text, HOOK) == expected


@given(pieces)
def test_escaped_placeholders_stay_text(parts: list[str | PlaceholderName]) -> None:
    text = "".join(part if isinstance(part, str) else f"#{{{part.value}}}" for part in parts)
    expected = "".join(part if isinstance(part, str) else f"{{{part.value}}}" for part in parts)
    assert parse_template(text, HOOK) == Template.of(expected)
    assert names_in(text, HOOK) == frozenset()


@given(st.text(max_size=30))
def test_text_without_placeholders_is_untouched(text: str) -> None:
    assert parse_template(text.replace("project}", "").replace("package}", ""), HOOK).parts in {
        (text.replace("project}", "").replace("package}", ""),),
        (),
    }


@pytest.mark.parametrize("text", ["{wheel} {x} {", "${HOME} {a,b}", "#{wheel}"])
def test_unknown_braces_stay(text: str) -> None:
    assert parse_template(text, HOOK) == Template.of(text)


@pytest.mark.parametrize(
    ("package", "parts"),
    [
        (".", (Placeholder.PROJECT,)),
        ("", (Placeholder.PROJECT,)),
        ("sub/dir", (Placeholder.PROJECT, "/sub/dir")),
        ("./sub/", (Placeholder.PROJECT, "/sub")),
    ],
)
def test_the_package_lies_in_the_project(package: str, parts: tuple[str | Placeholder, ...]) -> None:
    assert parse_template("{package}", hook_meanings(package)).parts == parts


def test_a_wheel_means_another_in_each_step() -> None:
    assert parse_template("{wheel}", repair_meanings(".")) == Template.of(Placeholder.BUILT_WHEEL)
    assert parse_template("{dest_dir}", repair_meanings(".")) == REPAIRED_DIR
    assert parse_template("{wheel}", meanings_in_tests(".")) == Template.of(Placeholder.WHEEL)
    assert parse_template("{abi3_wheel}", audit_meanings(".")) == Template.of(Placeholder.WHEEL)
    assert names_in("{wheel} #{abi3_wheel}", audit_meanings(".")) == {PlaceholderName.WHEEL}


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
