from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model.artifacts import ARTIFACT_GLOB, SDIST_ARTIFACT, artifact_name
from cibw.model.identifier import BuildIdentifier
from unit_test.strategies import identifiers


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("ubuntu-24.04-arm", "cibw-wheels-ubuntu-24.04-arm"),
        ("linux: x86_64/i686", "cibw-wheels-linux-x86_64-i686"),
        ("cp3*-win32?", "cibw-wheels-cp3--win32"),
        ("../a", "cibw-wheels-a"),
        (None, "cibw-sdist"),
    ],
)
def test_names(group: str | None, name: str) -> None:
    assert artifact_name(group) == name
    assert fnmatchcase(name, ARTIFACT_GLOB)


@given(identifiers)
def test_an_identifier_stays_whole(identifier: BuildIdentifier) -> None:
    assert artifact_name(identifier) == f"cibw-wheels-{identifier}"


@given(st.text())
def test_no_name_has_what_a_store_refuses(group: str) -> None:
    try:
        name = artifact_name(group)
    except ValueError:
        return
    assert re.fullmatch(r"cibw-wheels-[^\s\":<>|*?\\/]+", name)
    assert name != SDIST_ARTIFACT


@pytest.mark.parametrize("group", ["", "///", " . "])
def test_a_group_needs_a_name(group: str) -> None:
    with pytest.raises(ValueError, match="no characters that are valid"):
        artifact_name(group)
