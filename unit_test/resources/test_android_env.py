from __future__ import annotations

from pathlib import Path

import pytest

from cibw.resources.android_env import (
    add_optimization,
    add_settings,
    api_level,
    link_libraries,
    localized,
    only,
    printed_variables,
    sysconfig_values,
    toolchain_text,
)

PREFIX = Path("/cache/python/prefix")
VALUES: dict[str, str | int] = {
    "ANDROID_API_LEVEL": 21,
    "CFLAGS": "-I/ci/prefix/include",
    "CXXFLAGS": "-Wall",
    "LDFLAGS": "-L/ci/prefix/lib -lm",
    "LDSHARED": "/ndk/clang -shared -L/ci/prefix/lib -lm",
    "LDCXXSHARED": "/ndk/clang++ -shared",
    "INCLUDEPY": "/ci/prefix/include/python3.14",
    "HAVE_FORK": 1,
    "prefix": "/ci/prefix",
}


def test_paths_are_those_of_this_computer() -> None:
    found = localized(VALUES, PREFIX, 26)
    assert found["INCLUDEPY"] == "/cache/python/prefix/include/python3.14"
    assert found["prefix"] == str(PREFIX)
    assert (found["HAVE_FORK"], found["ANDROID_API_LEVEL"]) == (1, 26)
    assert "/ci/" not in str(found)


def test_flags_are_left_to_the_environment() -> None:
    found = localized(VALUES, PREFIX, 24)
    assert [found[name] for name in ("CFLAGS", "CXXFLAGS", "LDFLAGS")] == ["", "", ""]
    assert (found["LDSHARED"], found["LDCXXSHARED"]) == ("/ndk/clang -shared", "/ndk/clang++ -shared")


def test_a_sysconfig_is_read_without_running_it() -> None:
    text = "# made\nother = 1\nbuild_time_vars = {'prefix': '/a', 'N': 1}\n"
    assert sysconfig_values(text) == {"prefix": "/a", "N": 1}
    with pytest.raises(SystemExit, match="does not assign build_time_vars"):
        sysconfig_values("import sys\n")


def test_printed_variables() -> None:
    assert printed_variables("export A=1\nexport B='two words = 3'\nexport C=''\n") == {
        "A": "1",
        "B": "two words = 3",
        "C": "",
    }
    assert printed_variables("") == {}


@pytest.mark.parametrize("text", ["Installing NDK", "export A", "set A=1", "export A=1 export"])
def test_what_is_no_assignment_is_told(text: str) -> None:
    with pytest.raises(SystemExit, match="cannot parse"):
        printed_variables(text)


def test_optimization_comes_without_debug_information() -> None:
    variables = {"CFLAGS": "-DX"}
    add_optimization(variables, "-DNDEBUG -g3 -O3 -g")
    assert variables == {"CFLAGS": "-DX -DNDEBUG -O3", "CXXFLAGS": "-DNDEBUG -O3"}


def test_settings_replace_and_flags_are_added() -> None:
    variables = {"CFLAGS": "-O3", "PKG_CONFIG": "pkg-config --define-prefix"}
    add_settings(variables, ("PKG_CONFIG=/a=b", "CFLAGS+", "CPPFLAGS+"), {"CFLAGS": "-O2", "CPPFLAGS": "-DY"})
    assert variables == {"CFLAGS": "-O3 -O2", "CPPFLAGS": "-DY", "PKG_CONFIG": "/a=b"}


def test_an_api_level_is_a_number() -> None:
    assert api_level({"ANDROID_API_LEVEL": "24"}) == 24
    for wrong in ({}, {"ANDROID_API_LEVEL": "24.0"}):
        with pytest.raises(SystemExit, match="must be an integer"):
            api_level(wrong)


def test_cmake_is_told_of_the_target() -> None:
    text = toolchain_text(PREFIX, "aarch64-linux-android")
    assert "set(CMAKE_SYSTEM_PROCESSOR aarch64)\n" in text
    assert f'set(CMAKE_FIND_ROOT_PATH "{PREFIX}")\n' in text
    assert "set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)\n" in text


def test_links_lead_to_the_libraries_of_the_compiler(tmp_path: Path) -> None:
    toolchain, links = tmp_path / "toolchain", tmp_path / "ldpaths"
    clang = toolchain / "lib" / "clang" / "18" / "lib" / "linux" / "x86_64"
    system = toolchain / "sysroot" / "usr" / "lib" / "x86_64-linux-android"
    for directory in (clang, system):
        directory.mkdir(parents=True)
    # The second time is that of the tests.
    for _ in range(2):
        link_libraries(toolchain, links, "x86_64-linux-android")
    assert (links / "clang").resolve() == clang
    assert (links / "sysroot").resolve() == system


def test_what_is_there_twice_or_not_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="contains 0 paths that match lib"):
        only(tmp_path, "lib*")
    (tmp_path / "lib1").mkdir()
    assert only(tmp_path, "lib*") == tmp_path / "lib1"
    (tmp_path / "lib2").mkdir()
    with pytest.raises(SystemExit, match="contains 2 paths"):
        only(tmp_path, "lib*")
