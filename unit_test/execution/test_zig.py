from __future__ import annotations

import os
from pathlib import Path

import pytest

from cibw.errors import MissingToolError
from cibw.execution.zig import ToolchainSpec, ZigPrograms, find_zig, prepare_toolchain

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a toolchain of POSIX programs")


def compile_nothing(target: Path) -> None:
    target.write_bytes(b"")


PROGRAMS = ZigPrograms(zig=Path("/tools/zig"), compile_wrapper=compile_nothing)


def directory_in(root: Path) -> Path:
    (directory,) = root.glob("x86_64-linux-gnu*")
    return directory


def settings_in(root: Path, name: str) -> tuple[str, ...]:
    lines = (directory_in(root) / "settings.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.partition(" ")[2] for line in lines if line.startswith(f"{name} "))


def test_the_environment_selects_the_compilers(tmp_path: Path) -> None:
    root, cache = tmp_path / "toolchains", tmp_path / "cache"
    spec = ToolchainSpec(platform_tag="manylinux2014_x86_64", cache=cache)
    environment = prepare_toolchain(root, spec, PROGRAMS)
    assert environment["CC"] == str(directory_in(root) / "cc")
    assert environment["ZIG_GLOBAL_CACHE_DIR"] == str(cache)
    assert cache.is_dir()


def test_settings_hold_folders_and_prefixes(tmp_path: Path) -> None:
    spec = ToolchainSpec(
        platform_tag="manylinux2014_x86_64",
        cache=tmp_path,
        prefixes=(Path("/usr/local"), Path("/opt/py")),
        include_directories=(Path("/a/include"),),
        library_directories=(Path("/a/lib"),),
    )
    prepare_toolchain(tmp_path, spec, PROGRAMS, system_headers=tmp_path / "usr")
    assert settings_in(tmp_path, "zig") == ("/tools/zig",)
    assert settings_in(tmp_path, "dropped") == ("/opt/py",)
    assert settings_in(tmp_path, "compile") == ("-I/a/include", f"-idirafter{tmp_path}/fallback")
    assert settings_in(tmp_path, "link") == ("-L/a/lib",)


def test_an_interpreter_behind_a_link_is_dropped_by_both_names(tmp_path: Path) -> None:
    real = tmp_path / "cpython-3.13.0"
    real.mkdir()
    link = tmp_path / "cpython-3.13"
    link.symlink_to(real)
    spec = ToolchainSpec(platform_tag="manylinux2014_x86_64", cache=tmp_path, prefixes=(link,))
    prepare_toolchain(tmp_path / "toolchain", spec, PROGRAMS)
    assert settings_in(tmp_path / "toolchain", "dropped") == (str(link), str(real.resolve()))


@pytest.mark.parametrize(("prefix", "dropped"), [("/usr", ()), ("/opt/py", ("/opt/py",))])
def test_the_headers_of_a_distributions_interpreter_are_linked_whatever_python_is_built_for(
    tmp_path: Path, prefix: str, dropped: tuple[str, ...]
) -> None:
    headers = tmp_path / "usr" / "x86_64-linux-gnu" / "python3.11"
    headers.mkdir(parents=True)
    (headers / "pyconfig.h").write_text("")
    spec = ToolchainSpec(platform_tag="manylinux2014_x86_64", cache=tmp_path, prefixes=(Path(prefix),))
    for _ in range(2):
        prepare_toolchain(tmp_path / "toolchain", spec, PROGRAMS, system_headers=tmp_path / "usr")
    include = tmp_path / "toolchain" / "include"
    assert (include / "x86_64-linux-gnu" / "python3.11" / "pyconfig.h").is_file()
    assert settings_in(tmp_path / "toolchain", "compile")[0] == f"-I{include}"
    assert settings_in(tmp_path / "toolchain", "dropped") == dropped


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
