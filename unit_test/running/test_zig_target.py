from __future__ import annotations

import pytest

from cibw.running.zig_target import compiler_variables, multiarch, zig_cpu, zig_target


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
