from __future__ import annotations

from pathlib import Path

import pytest

from cibw.running.lent import (
    LentPrograms,
    container_settings,
    library_folders,
    refusal,
    settled,
    toolchain_variables,
    uses,
)
from cibw.running.zig_settings import ZigSettings

TOOLCHAIN = toolchain_variables("aarch64-x", "manylinux_2_28_aarch64", "/tmp/cibw/cache")
BUILD = {"PATH": "/bin", "CFLAGS": "-g", **TOOLCHAIN}


def nothing(_settings: ZigSettings) -> Path:
    raise AssertionError("nothing is laid")


def test_the_programs_are_mounted_read_only() -> None:
    lent = LentPrograms(toolchains=Path("/c/toolchains"), lay=nothing, zig=Path("/z/zig"), uv=Path("/c/uv/bin/uv"))
    assert lent.volumes == (
        "/z:/opt/cibw/zig:ro",
        "/c/toolchains:/opt/cibw/toolchains:ro",
        "/c/uv/bin:/opt/cibw/bin:ro",
    )
    assert LentPrograms(toolchains=Path("/c"), lay=nothing, reason="no zig").volumes == ()


def test_the_variables_select_what_is_mounted() -> None:
    assert TOOLCHAIN["CC"] == "/opt/cibw/toolchains/aarch64-x/cc"
    assert TOOLCHAIN["LDCXXSHARED"] == "/opt/cibw/toolchains/aarch64-x/c++ -shared"
    assert TOOLCHAIN["ZIG_GLOBAL_CACHE_DIR"] == "/tmp/cibw/cache/zig"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"AUDITWHEEL_PLAT": "manylinux_2_28_aarch64"}, ""),
        ({"AUDITWHEEL_PLAT": "musllinux_1_2_armv7l", "CC": ""}, ""),
        ({"AUDITWHEEL_PLAT": "manylinux_2_28_aarch64", "CXX": "clang++"}, "sets CXX"),
        ({}, "names no libc"),
        ({"AUDITWHEEL_PLAT": "linux_aarch64"}, "names no libc"),
        ({"AUDITWHEEL_PLAT": "manylinux2014_ppc64le"}, "zig does not support"),
    ],
)
def test_not_every_image_suits_zig(environment: dict[str, str], words: str) -> None:
    assert words in refusal(environment)
    assert bool(words) == bool(refusal(environment))


def test_libraries_and_headers_of_the_image_come_last() -> None:
    assert "/usr/lib/aarch64-linux-gnu" in library_folders("manylinux_2_28_aarch64")
    settings = container_settings("manylinux_2_28_aarch64", ("/usr/lib64",))
    assert (settings.zig, settings.target) == ("/opt/cibw/zig/zig", "aarch64-linux-gnu.2.28")
    assert settings.compile_arguments == (
        "-idirafter/usr/local/include",
        "-idirafter/usr/include/aarch64-linux-gnu",
        "-idirafter/usr/include",
        "-idirafter/opt/cibw/toolchains/fallback",
    )
    assert settings.link_arguments == ("-L/usr/lib64",)


@pytest.mark.parametrize(
    ("tag", "library"),
    [
        ("musllinux_1_2_aarch64", "libc.musl-aarch64.so.1"),
        ("musllinux_1_2_armv7l", "libc.musl-armv7.so.1"),
        ("musllinux_1_2_i686", "libc.musl-x86.so.1"),
        ("musllinux_1_2_ppc64le", "libc.musl-ppc64le.so.1"),
    ],
)
def test_wheels_for_musl_need_the_libc_by_the_name_that_distributions_give_it(tag: str, library: str) -> None:
    assert container_settings(tag, ("/lib",)).link_arguments == ("-L/lib", "-Wl,--as-needed", f"-l:{library}")


def test_the_toolchain_is_used_as_it_is() -> None:
    assert settled(BUILD, TOOLCHAIN) == BUILD
    assert uses(BUILD, TOOLCHAIN)


@pytest.mark.parametrize(("name", "value"), [("CC", "gcc"), ("CXX", "clang++"), ("CC", "")])
def test_a_compiler_of_the_project_leaves_no_rest_of_the_toolchain(name: str, value: str) -> None:
    environment = {**BUILD, name: value}
    assert settled(environment, TOOLCHAIN) == {"PATH": "/bin", "CFLAGS": "-g", name: value}
    assert not uses(environment, TOOLCHAIN)


@pytest.mark.parametrize(
    ("name", "value"), [("CC", f"ccache {TOOLCHAIN['CC']}"), ("AR", "llvm-ar"), ("LDSHARED", "ld -shared")]
)
def test_the_rest_stays_beside_another_program(name: str, value: str) -> None:
    assert settled({**BUILD, name: value}, TOOLCHAIN) == {**BUILD, name: value}


def test_without_a_toolchain_nothing_changes() -> None:
    assert settled({"CC": "gcc"}, {}) == {"CC": "gcc"}
