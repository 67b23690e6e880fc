from __future__ import annotations

from pathlib import Path

import pytest

from cibw.execution.toolchain import (
    MountedPrograms,
    ZigSettings,
    compiler_variables,
    container_settings,
    library_folders,
    multiarch,
    refusal,
    settled,
    toolchain_variables,
    uses,
    zig_cpu,
    zig_target,
)


def test_settings_as_text() -> None:
    settings = ZigSettings(
        zig="/tools/my zig",
        target="x86_64-linux-gnu.2.17",
        dropped_prefixes=("/opt/a", "/opt/b"),
        compile_arguments=("-I/x y",),
        link_arguments=("-L/z",),
    )
    assert settings.to_text().splitlines() == [
        "zig /tools/my zig",
        "target x86_64-linux-gnu.2.17",
        "cpu baseline",
        "dropped /opt/a",
        "dropped /opt/b",
        "compile -I/x y",
        "link -L/z",
    ]


def test_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        ZigSettings(zig="/zig", target="x86_64-linux-musl", dropped_prefixes=("/a\nb",)).to_text()


def test_what_helps_the_cache_of_zig_is_said_where_it_is_wanted() -> None:
    settings = ZigSettings(zig="/zig", target="x86_64-linux-musl", links="/links", stands_in=True)
    assert settings.to_text().splitlines()[3:] == ["links /links", "stands-in yes"]


@pytest.mark.parametrize(
    ("tag", "target"),
    [
        ("manylinux2014_x86_64", "x86_64-linux-gnu.2.17"),
        ("manylinux1_i686", "x86-linux-gnu.2.5"),
        ("manylinux2010_x86_64", "x86_64-linux-gnu.2.12"),
        ("manylinux_2_28_aarch64", "aarch64-linux-gnu.2.28"),
        ("manylinux2014_x86_64.manylinux_2_17_x86_64", "x86_64-linux-gnu.2.17"),
        ("manylinux_2_31_armv7l", "arm-linux-gnueabihf.2.31"),
        ("manylinux_2_28_ppc64le", "powerpc64le-linux-gnu.2.28"),
        ("manylinux_2_39_riscv64", "riscv64-linux-gnu.2.39"),
        ("musllinux_1_2_x86_64", "x86_64-linux-musl"),
        ("musllinux_1_2_armv7l", "arm-linux-musleabihf"),
    ],
)
def test_zig_target(tag: str, target: str) -> None:
    assert zig_target(tag) == target


@pytest.mark.parametrize(
    ("target", "cpu"),
    [("aarch64-linux-gnu.2.28", "baseline"), ("arm-linux-gnueabihf.2.31", "baseline-neon-d32")],
)
def test_the_processor_is_one_that_everybody_has(target: str, cpu: str) -> None:
    assert zig_cpu(target) == cpu


@pytest.mark.parametrize("tag", ["linux_x86_64", "macosx_11_0_arm64", "any"])
def test_other_platform_tags_have_no_zig_target(tag: str) -> None:
    with pytest.raises(ValueError, match="platform tag"):
        zig_target(tag)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("x86_64-linux-gnu.2.17", "x86_64-linux-gnu"),
        ("x86-linux-gnu.2.17", "i386-linux-gnu"),
        ("arm-linux-musleabihf", "arm-linux-musleabihf"),
    ],
)
def test_multiarch(target: str, expected: str) -> None:
    assert multiarch(target) == expected


def test_the_environment_selects_the_compilers() -> None:
    assert compiler_variables("/tools", "manylinux2014_x86_64") == {
        "CC": "/tools/cc",
        "CXX": "/tools/c++",
        "AR": "/tools/ar",
        "RANLIB": "/tools/ranlib",
        "LDSHARED": "/tools/cc -shared",
        "LDCXXSHARED": "/tools/c++ -shared",
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER": "/tools/cc",
    }


def test_build_systems_split_commands_at_blanks() -> None:
    variables = compiler_variables("/my tools", "manylinux2014_x86_64")
    assert variables["LDSHARED"] == "'/my tools/cc' -shared"
    assert variables["CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER"] == "/my tools/cc"


@pytest.mark.parametrize(
    ("tag", "variable"),
    [
        ("musllinux_1_2_x86_64", "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER"),
        ("manylinux_2_31_armv7l", "CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_LINKER"),
        ("manylinux_2_39_riscv64", "CARGO_TARGET_RISCV64GC_UNKNOWN_LINUX_GNU_LINKER"),
    ],
)
def test_cargo_gets_its_linker(tag: str, variable: str) -> None:
    assert compiler_variables("/tools", tag)[variable] == "/tools/cc"


TOOLCHAIN = toolchain_variables("aarch64-x", "manylinux_2_28_aarch64", "/tmp/cibw/cache")
BUILD = {"PATH": "/bin", "CFLAGS": "-g", **TOOLCHAIN}


def nothing(_settings: ZigSettings) -> Path:
    raise AssertionError("nothing is laid")


def test_the_programs_are_mounted_read_only() -> None:
    lent = MountedPrograms(toolchains=Path("/c/toolchains"), lay=nothing, zig=Path("/z/zig"), uv=Path("/c/uv/bin/uv"))
    assert lent.volumes == (
        "/z:/opt/cibw/zig:ro",
        "/c/toolchains:/opt/cibw/toolchains:ro",
        "/c/uv/bin:/opt/cibw/bin:ro",
    )
    assert MountedPrograms(toolchains=Path("/c"), lay=nothing, reason="no zig").volumes == ()


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
