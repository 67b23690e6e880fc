from __future__ import annotations

import pytest
from packaging.version import Version

from cibw.model.identifier import BuildIdentifier
from cibw.model.wheel import WheelName


def test_a_file_name_has_its_parts() -> None:
    wheel = WheelName.parse("Some.Name-1.2-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    assert wheel.filename == "Some.Name-1.2-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert wheel.project == "some-name"
    assert wheel.version == Version("1.2")
    assert {tag.platform for tag in wheel.tags} == {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}


@pytest.mark.parametrize("filename", ["x.whl", "x-1.tar.gz", "x-one-py3-none-any.whl"])
def test_other_file_names_are_refused(filename: str) -> None:
    with pytest.raises(ValueError, match="x"):
        WheelName.parse(filename)


@pytest.mark.parametrize(
    ("tags", "is_pure", "is_abi3"),
    [
        ("py3-none-any", True, False),
        ("py2.py3-none-any", True, False),
        ("py3-none-win32", False, False),
        ("cp39-cp39-any", False, False),
        ("cp39-abi3-win32", False, True),
        ("cp315-abi3.abi3t-win32", False, True),
        ("cp315-abi3t-win32", False, False),
    ],
)
def test_a_wheel_knows_whether_it_is_pure_or_abi3(tags: str, *, is_pure: bool, is_abi3: bool) -> None:
    wheel = WheelName.parse(f"x-1-{tags}.whl")
    assert (wheel.is_pure, wheel.is_abi3) == (is_pure, is_abi3)


@pytest.mark.parametrize(
    ("tags", "identifier", "serves"),
    [
        ("cp39-abi3-manylinux_2_17_x86_64", "cp39-manylinux_x86_64", True),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp312-manylinux_x86_64", True),
        ("cp310-abi3-manylinux_2_17_x86_64", "cp39-manylinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp313t-manylinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "pp311-manylinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp39-musllinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp39-manylinux_aarch64", False),
        ("cp39-abi3-linux_x86_64", "cp39-manylinux_x86_64", True),
        ("cp39-abi3-linux_x86_64", "cp39-musllinux_x86_64", False),
        ("py39-abi3-win32", "cp39-win32", False),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp315-manylinux_x86_64", True),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp315t-manylinux_x86_64", True),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp314-manylinux_x86_64", False),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp314t-manylinux_x86_64", False),
        ("cp315-abi3.abi3t-manylinux_2_17_x86_64", "cp315t-musllinux_x86_64", False),
        ("cp315-abi3t-win_amd64", "cp315t-win_amd64", True),
        ("cp315-abi3t-win_amd64", "cp315-win_amd64", False),
        ("cp39-cp39-manylinux_2_17_x86_64", "cp39-manylinux_x86_64", False),
        ("py3-none-manylinux_2_17_x86_64", "pp311-manylinux_x86_64", True),
        ("py3-none-musllinux_1_2_x86_64", "cp313t-musllinux_x86_64", True),
        ("py310-none-win32", "cp39-win32", False),
        ("py2.py3-none-win32", "cp39-win32", True),
        ("py2-none-win32", "cp39-win32", False),
        ("cp39-none-win32", "cp39-win32", False),
        ("py3-none-win_amd64", "cp39-win32", False),
        ("py3-none-macosx_11_0_arm64", "cp39-macosx_arm64", True),
        ("cp313-abi3-pyodide_2025_0_wasm32", "cp314-pyodide_wasm32", False),
        ("py3-none-pyodide_2025_0_wasm32", "cp314-pyodide_wasm32", False),
        ("py3-none-macosx_11_0_arm64", "cp39-macosx_universal2", False),
        ("py3-none-ios_13_0_arm64_iphoneos", "cp314-ios_arm64_iphoneos", True),
        ("pyx-none-win32", "cp39-win32", False),
    ],
)
def test_a_wheel_serves_identifiers(tags: str, identifier: str, *, serves: bool) -> None:
    assert WheelName.parse(f"x-1-{tags}.whl").serves(BuildIdentifier.parse(identifier)) is serves


@pytest.mark.parametrize(
    ("tags", "identifier", "covers"),
    [
        ("cp39-cp39-manylinux_2_17_x86_64", "cp39-manylinux_x86_64", True),
        ("cp39-cp39-manylinux_2_17_x86_64", "cp310-manylinux_x86_64", False),
        ("cp39-cp39-manylinux_2_17_x86_64", "cp39-musllinux_x86_64", False),
        ("cp39-none-win32", "cp39-win32", True),
        ("cp313-cp313t-win32", "cp313t-win32", True),
        ("cp313-cp313t-win32", "cp313-win32", False),
        ("cp313-cp313-win32", "cp313t-win32", False),
        ("pp311-pypy311_pp73-manylinux_2_17_x86_64", "pp311-manylinux_x86_64", True),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", "pp311-manylinux_x86_64", False),
        ("graalpy312-graalpy250_312_native-manylinux_2_17_x86_64", "gp312_250-manylinux_x86_64", True),
        ("graalpy311-graalpy242_311_native-manylinux_2_17_x86_64", "gp312_250-manylinux_x86_64", False),
        ("cp39-abi3-manylinux_2_17_x86_64", "cp312-manylinux_x86_64", True),
        ("cp315-abi3.abi3t-macosx_11_0_universal2", "cp315t-macosx_arm64", True),
        ("cp315-abi3t-macosx_11_0_arm64", "cp315-macosx_arm64", False),
        ("py3-none-any", "cp312-manylinux_x86_64", True),
        ("cp312-cp312-macosx_11_0_universal2", "cp312-macosx_arm64", True),
        ("cp39-abi3-macosx_11_0_universal2", "cp312-macosx_x86_64", True),
        ("cp312-cp312-macosx_11_0_arm64", "cp312-macosx_universal2", False),
        ("cp313-cp313-pyodide_2025_0_wasm32", "cp313-pyodide_wasm32", True),
        ("cp314-cp314-pyemscripten_2026_0_wasm32", "cp314-pyodide_wasm32", True),
        ("cp312-abi3-pyodide_2024_0_wasm32", "cp313-pyodide_wasm32", False),
        ("cp312-cp312-win32", "cp312-pyodide_wasm32", False),
        ("cp313-cp313-ios_13_0_arm64_iphoneos", "cp313-ios_arm64_iphoneos", True),
    ],
)
def test_a_wheel_covers_identifiers(tags: str, identifier: str, *, covers: bool) -> None:
    assert WheelName.parse(f"x-1-{tags}.whl").covers(BuildIdentifier.parse(identifier)) is covers
