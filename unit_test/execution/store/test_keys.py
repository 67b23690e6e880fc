"""The text that keys of caches are made from."""

from __future__ import annotations

import enum
from dataclasses import fields, is_dataclass, make_dataclass, replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.execution.store.keys import (
    ExternalInputs,
    Key,
    KeyedHash,
    canonical,
    differences,
    key_of_tests,
    key_of_wheel,
    shortened,
    variables_that_count,
)
from cibw.model.machines import EngineName, HostSpec, MachineSpec
from cibw.model.plan import Action, Job, StepName, WheelBuild
from cibw.model.templates import EnvExpr, EnvPart, Placeholder
from unit_test.execution.test_flow import run
from unit_test.execution.trials import build_of, job_of


def test_the_name_of_a_class_does_not_count() -> None:
    renamed = make_dataclass("Computer", [("toolchain_tag", str)], frozen=True)
    assert canonical(renamed("x")) == canonical(HostSpec(toolchain_tag="x"))


def test_the_name_of_an_enum_does_not_count() -> None:
    class Renamed(enum.Enum):
        ANOTHER = "auto"

    assert canonical(Renamed.ANOTHER) == canonical(EngineName.AUTO)


def test_the_text_stands_for_older_versions_too() -> None:
    assert canonical((HostSpec(toolchain_tag="x"), Placeholder.WORK, None, 1, True)) == (
        '1 [5,{"toolchain_tag":"x"},["enum","work"],null,1,true]'
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Placeholder.WORK, "work"),
        (Placeholder.WORK, ("enum", "work")),
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


KEYED_HASH = KeyedHash(b"secret")
AROUND = ExternalInputs(tools={"the source": "s", "the image": "i"}, variables={"CFLAGS": "-O2"})
JOB = job_of("linux", "cp312", before_all=True, tested=True)
[BUILD] = JOB.builds
TABLES = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4)


def changed_builds() -> dict[str, WheelBuild]:
    [make] = BUILD.make
    return {
        "the identifier": replace(BUILD, identifier=build_of("cp311").identifier),
        "the step set up": replace(BUILD, prepare=replace(BUILD.prepare, actions=(run("x"),))),
        "the step build": replace(BUILD, make=(replace(make, actions=(run("x"),)),)),
        "the step repair": replace(BUILD, make=(make, replace(make, name=StepName.REPAIR))),
        "the option environment": replace(BUILD, environment=(EnvExpr("A", ("1",)),)),
        "the platform tag": replace(BUILD, platform_tag="manylinux_2_28_x86_64"),
    }


def changed_jobs() -> dict[str, Job]:
    assert JOB.before_all is not None
    return {
        "the machine": replace(JOB, machine=HostSpec(toolchain_tag="manylinux2014_x86_64")),
        "the step before-all": replace(JOB, before_all=replace(JOB.before_all, actions=(run("x"),))),
    }


@pytest.mark.parametrize("part", changed_builds())
def test_what_changes_in_the_build_changes_its_part(part: str) -> None:
    check_part(part, key_of_wheel(JOB, changed_builds()[part], AROUND, KEYED_HASH))


@pytest.mark.parametrize("part", changed_jobs())
def test_what_changes_in_the_job_changes_its_part(part: str) -> None:
    check_part(part, key_of_wheel(changed_jobs()[part], BUILD, AROUND, KEYED_HASH))


def check_part(part: str, changed: Key) -> None:
    key = key_of_wheel(JOB, BUILD, AROUND, KEYED_HASH)
    assert changed.digest != key.digest
    [difference] = differences(key.parts, changed.parts)
    assert difference in {f"{part} changed", f"{part} is new"}


def test_the_tests_and_the_environment_of_other_builds_do_not_make_the_wheel() -> None:
    untested = replace(BUILD, test=(), test_environment=(EnvExpr("A", ("1",)),), untested="why")
    without = replace(JOB, before_all=None)
    assert key_of_wheel(JOB, untested, AROUND, KEYED_HASH) == key_of_wheel(JOB, BUILD, AROUND, KEYED_HASH)
    other = replace(without, environment=(EnvExpr("A", ("1",)),), builds=())
    assert key_of_wheel(other, BUILD, AROUND, KEYED_HASH) == key_of_wheel(without, BUILD, AROUND, KEYED_HASH)


def test_the_key_of_tests() -> None:
    key = key_of_tests(JOB, BUILD, AROUND, "sha", KEYED_HASH)
    other_make = replace(BUILD, make=())
    assert key_of_tests(JOB, other_make, AROUND, "sha", KEYED_HASH) == key
    for other in (
        key_of_tests(JOB, BUILD, AROUND, "another", KEYED_HASH),
        key_of_tests(JOB, replace(BUILD, test=()), AROUND, "sha", KEYED_HASH),
        key_of_tests(JOB, replace(BUILD, test_environment=(EnvExpr("A", ("1",)),)), AROUND, "sha", KEYED_HASH),
        key_of_tests(JOB, BUILD, replace(AROUND, variables={}), "sha", KEYED_HASH),
    ):
        assert other.digest != key.digest


@given(
    st.builds(ExternalInputs, tools=TABLES, variables=TABLES), st.builds(ExternalInputs, tools=TABLES, variables=TABLES)
)
def test_keys_are_alike_only_where_all_inputs_are(one: ExternalInputs, other: ExternalInputs) -> None:
    keys = [key_of_wheel(JOB, BUILD, around, KEYED_HASH).digest for around in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


@given(TABLES)
def test_order_does_not_matter(table: dict[str, str]) -> None:
    turned = dict(reversed(table.items()))
    assert Key(parts=table).digest == Key(parts=turned).digest
    assert not differences(table, turned)


def test_values_are_hashed_with_a_secret() -> None:
    key = key_of_wheel(JOB, BUILD, replace(AROUND, variables={"TOKEN": "hunter2"}), KEYED_HASH)
    other = key_of_wheel(JOB, BUILD, replace(AROUND, variables={"TOKEN": "hunter2"}), KeyedHash(b"another"))
    assert "hunter2" not in repr(key)
    assert not set(key.parts.values()) & set(other.parts.values())
    assert "secret" not in repr(KEYED_HASH)


def test_differences_in_words() -> None:
    found = differences({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"})
    assert found == ["b changed", "d is new", "c is gone"]
    assert shortened(found) == "b changed, d is new, c is gone"
    assert shortened(found, most=1) == "b changed and 2 more"


def test_variables_of_the_session_do_not_count() -> None:
    session = "PWD OLDPWD TERM SSH_AUTH_SOCK XDG_SESSION_ID CIBW_BUILD GITHUB_RUN_ID SHLVL _ HISTSIZE PS1".split()
    counted = "CFLAGS GITHUB_REF HOME LESSON PATH TERMS".split()
    environment = dict.fromkeys([*session, *counted, "VIRTUAL_ENV"], "x")
    found = variables_that_count(environment, {"VIRTUAL_ENV"})
    assert sorted(found) == counted
