from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.catalog import load_catalog
from cibw.model.identifiers import (
    ARCHITECTURES,
    Architecture,
    BuildIdentifier,
    Family,
    Implementation,
    Interpreter,
    Platform,
    Target,
)
from unit_test.strategies import identifiers, interpreters, targets


@given(targets)
def test_every_target_goes_to_text_and_back(target: Target) -> None:
    assert Target.parse(str(target)) == target


@pytest.mark.parametrize(
    ("family", "architecture", "text"),
    [
        (Family.MANYLINUX, Architecture.X86_64, "manylinux_x86_64"),
        (Family.MUSLLINUX, Architecture.ARMV7L, "musllinux_armv7l"),
        (Family.MACOSX, Architecture.UNIVERSAL2, "macosx_universal2"),
        (Family.WIN, Architecture.WIN_X86, "win32"),
        (Family.WIN, Architecture.WIN_ARM64, "win_arm64"),
        (Family.PYODIDE, Architecture.WASM32, "pyodide_wasm32"),
        (Family.ANDROID, Architecture.ARM64_V8A, "android_arm64_v8a"),
        (Family.IOS, Architecture.ARM64_IPHONEOS, "ios_arm64_iphoneos"),
    ],
)
def test_targets_are_spelled_as_in_identifiers(family: Family, architecture: Architecture, text: str) -> None:
    assert str(Target(family, architecture)) == text


@pytest.mark.parametrize("platform", Platform)
def test_every_platform_has_a_family_and_architectures(platform: Platform) -> None:
    assert any(family.platform is platform for family in Family)
    assert ARCHITECTURES[platform]


def test_an_architecture_of_another_platform_is_refused() -> None:
    with pytest.raises(ValueError, match="linux has no architecture arm64"):
        Target(Family.MANYLINUX, Architecture.ARM64)


def test_an_unknown_tag_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown platform tag 'linux_x86_64'"):
        Target.parse("linux_x86_64")


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
