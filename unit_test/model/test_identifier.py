from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.catalog import load_catalog
from cibw.model.identifier import BuildIdentifier, Implementation, Interpreter
from cibw.model.target import Architecture, Family, Platform, Target
from unit_test.strategies import identifiers, interpreters

CATALOG = load_catalog()


@given(interpreters)
def test_every_interpreter_goes_to_text_and_back(interpreter: Interpreter) -> None:
    assert Interpreter.parse(str(interpreter)) == interpreter


@given(identifiers)
def test_every_identifier_goes_to_text_and_back(identifier: BuildIdentifier) -> None:
    assert BuildIdentifier.parse(str(identifier)) == identifier


@pytest.mark.parametrize("platform", Platform)
def test_every_identifier_of_the_catalog_fits_the_grammar(platform: Platform) -> None:
    for entry in CATALOG.interpreters(platform):
        assert entry.identifier.platform is platform
        assert BuildIdentifier.parse(str(entry.identifier)) == entry.identifier


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        (
            "cp314t-manylinux_x86_64",
            BuildIdentifier(
                Interpreter(Implementation.CPYTHON, 3, 14, free_threaded=True),
                Target(Family.MANYLINUX, Architecture.X86_64),
            ),
        ),
        (
            "gp312_250-win_amd64",
            BuildIdentifier(
                Interpreter(Implementation.GRAALPY, 3, 12, release="250"), Target(Family.WIN, Architecture.WIN_AMD64)
            ),
        ),
    ],
)
def test_an_identifier_has_its_parts(text: str, identifier: BuildIdentifier) -> None:
    assert BuildIdentifier.parse(text) == identifier


def test_an_interpreter_knows_its_language_version() -> None:
    assert Interpreter.parse("pp311").version == "3.11"


@given(st.text(max_size=12))
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="build identifier"):
        BuildIdentifier.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cp39", "has no dash"),
        ("jy39-win32", "'jy39' is not a Python tag"),
        ("cp3-win32", "'cp3' is not a Python tag"),
        ("cp3014-win32", "'cp3014' is not a Python tag"),
        ("cp39-win64", "unknown platform tag 'win64'"),
        ("cp39-manylinux_arm64", "unknown platform tag"),
    ],
)
def test_a_refusal_names_the_part(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        BuildIdentifier.parse(text)
