from __future__ import annotations

import os
from pathlib import Path

import pytest

from cibw.errors import MissingToolError
from cibw.running.zig import TOOLS, ToolchainSpec, ZigPrograms, find_zig, prepare_toolchain, zig_target
from cibw.running.zig_settings import ZigSettings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a toolchain of POSIX programs")

PROGRAMS = ZigPrograms(zig=Path("/tools/zig"), python=Path("/py/bin/python"))


def settings_in(directory: Path) -> ZigSettings:
    return ZigSettings.from_text((directory / "settings.txt").read_text(encoding="utf-8"))


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


@pytest.mark.parametrize("tag", ["linux_x86_64", "macosx_11_0_arm64", "any"])
def test_other_platform_tags_have_no_zig_target(tag: str) -> None:
    with pytest.raises(ValueError, match="platform tag"):
        zig_target(tag)


def test_the_environment_selects_the_compilers(tmp_path: Path) -> None:
    directory = tmp_path / "toolchain"
    spec = ToolchainSpec(platform_tag="manylinux2014_x86_64", cache=tmp_path / "cache")
    assert prepare_toolchain(directory, spec, PROGRAMS) == {
        "CC": f"{directory}/cc",
        "CXX": f"{directory}/c++",
        "AR": f"{directory}/ar",
        "RANLIB": f"{directory}/ranlib",
        "LDSHARED": f"{directory}/cc -shared",
        "LDCXXSHARED": f"{directory}/c++ -shared",
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER": f"{directory}/cc",
        "ZIG_GLOBAL_CACHE_DIR": f"{tmp_path}/cache",
    }


@pytest.mark.parametrize(
    ("tag", "variable"),
    [
        ("musllinux_1_2_x86_64", "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER"),
        ("manylinux_2_31_armv7l", "CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_LINKER"),
        ("manylinux_2_39_riscv64", "CARGO_TARGET_RISCV64GC_UNKNOWN_LINUX_GNU_LINKER"),
    ],
)
def test_cargo_gets_its_linker(tmp_path: Path, tag: str, variable: str) -> None:
    assert prepare_toolchain(tmp_path, ToolchainSpec(platform_tag=tag, cache=tmp_path), PROGRAMS)[variable]


def test_every_tool_is_a_program_that_starts_the_wrapper(tmp_path: Path) -> None:
    directory = tmp_path / "with blank"
    environment = prepare_toolchain(directory, ToolchainSpec(platform_tag="manylinux1_i686", cache=tmp_path), PROGRAMS)
    for tool in TOOLS:
        start, call = (directory / tool).read_text(encoding="utf-8").splitlines()
        assert os.access(directory / tool, os.X_OK)
        assert start == "#!/bin/sh"
        assert call.startswith("exec /py/bin/python -I -S ")
        assert call.endswith(f"zig_wrapper.py /tools/zig '{directory}/settings.txt' {tool} \"$@\"")
    assert environment["LDSHARED"] == f"'{directory}/cc' -shared"


def test_settings_hold_folders_and_prefixes(tmp_path: Path) -> None:
    spec = ToolchainSpec(
        platform_tag="manylinux2014_x86_64",
        cache=tmp_path,
        prefixes=(Path("/usr/local"), Path("/opt/py")),
        include_directories=(Path("/a/include"),),
        library_directories=(Path("/a/lib"),),
    )
    prepare_toolchain(tmp_path, spec, PROGRAMS)
    settings = settings_in(tmp_path)
    assert settings.dropped_prefixes == ("/opt/py",)
    assert settings.compile_arguments == ("-I/a/include", f"-idirafter{tmp_path}/fallback")
    assert settings.link_arguments == ("-L/a/lib",)


def test_an_interpreter_behind_a_link_is_dropped_by_both_names(tmp_path: Path) -> None:
    real = tmp_path / "cpython-3.13.0"
    real.mkdir()
    link = tmp_path / "cpython-3.13"
    link.symlink_to(real)
    spec = ToolchainSpec(platform_tag="manylinux2014_x86_64", cache=tmp_path, prefixes=(link,))
    prepare_toolchain(tmp_path / "toolchain", spec, PROGRAMS)
    assert settings_in(tmp_path / "toolchain").dropped_prefixes == (str(link), str(real.resolve()))


def test_the_headers_of_a_distributions_interpreter_are_linked(tmp_path: Path) -> None:
    headers = tmp_path / "usr" / "x86_64-linux-gnu" / "python3.11"
    headers.mkdir(parents=True)
    (headers / "pyconfig.h").write_text("")
    spec = ToolchainSpec(platform_tag="manylinux2014_x86_64", cache=tmp_path, prefixes=(Path("/usr"),))
    for _ in range(2):
        prepare_toolchain(tmp_path / "toolchain", spec, PROGRAMS, system_headers=tmp_path / "usr")
    include = tmp_path / "toolchain" / "include"
    assert (include / "x86_64-linux-gnu" / "python3.11" / "pyconfig.h").is_file()
    assert settings_in(tmp_path / "toolchain").compile_arguments[0] == f"-I{include}"
    assert settings_in(tmp_path / "toolchain").dropped_prefixes == ()


def test_a_missing_zig_is_an_error_with_a_way_out() -> None:
    with pytest.raises(MissingToolError) as error:
        find_zig("a_package_that_nobody_has")
    assert "pip install 'cibw[host]'" in error.value.hint


def test_finds_the_zig_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "a_package_with_zig"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')", encoding="utf-8")
    (package / "zig").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_zig("a_package_with_zig") == package / "zig"


def test_the_header_that_old_pythons_include_is_there(tmp_path: Path) -> None:
    prepare_toolchain(tmp_path, ToolchainSpec(platform_tag="manylinux2014_x86_64", cache=tmp_path), PROGRAMS)
    assert "char *crypt(" in (tmp_path / "fallback" / "crypt.h").read_text(encoding="utf-8")
