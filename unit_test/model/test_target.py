from __future__ import annotations

import pytest
from hypothesis import given

from cibw.model.target import ARCHITECTURES, Architecture, Family, Platform, Target
from unit_test.strategies import targets


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
