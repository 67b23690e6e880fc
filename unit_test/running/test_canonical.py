"""The text that keys of caches are made from."""

from __future__ import annotations

import enum
from dataclasses import fields, is_dataclass, make_dataclass
from pathlib import Path
from typing import get_args

import pytest

from cibw.model.environment import EnvPart
from cibw.model.images import EngineName, HostSpec, MachineSpec
from cibw.model.plan import Action
from cibw.model.template import Late
from cibw.running.canonical import canonical


def test_the_name_of_a_class_does_not_count() -> None:
    renamed = make_dataclass("Computer", [("toolchain_tag", str)], frozen=True)
    assert canonical(renamed("x")) == canonical(HostSpec(toolchain_tag="x"))


def test_the_name_of_an_enum_does_not_count() -> None:
    class Renamed(enum.Enum):
        ANOTHER = "auto"

    assert canonical(Renamed.ANOTHER) == canonical(EngineName.AUTO)


def test_the_text_stands_for_older_versions_too() -> None:
    assert canonical((HostSpec(toolchain_tag="x"), Late.WORK, None, 1, True)) == (
        '1 [5,{"toolchain_tag":"x"},["enum","work"],null,1,true]'
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Late.WORK, "work"),
        (Late.WORK, ("enum", "work")),
        (("a", "b"), ("a,b",)),
        (((),), ()),
        ({"a": "b"}, (("a", "b"),)),
        (1, "1"),
        (None, "null"),
        (HostSpec(toolchain_tag="x"), HostSpec(toolchain_tag="y")),
    ],
)
def test_values_that_differ_have_different_texts(left: object, right: object) -> None:
    assert canonical(left) != canonical(right)


def test_the_order_of_a_mapping_does_not_count() -> None:
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})


@pytest.mark.parametrize("union", [Action, EnvPart, MachineSpec])
def test_the_members_of_a_union_differ_by_their_fields(union: object) -> None:
    shapes = [frozenset(field.name for field in fields(kind)) for kind in get_args(union) if is_dataclass(kind)]
    assert len(set(shapes)) == len(shapes) > 1


def test_what_has_no_text_is_no_part_of_a_key() -> None:
    with pytest.raises(TypeError, match="Path can't be part of a key"):
        canonical(Path("x"))
