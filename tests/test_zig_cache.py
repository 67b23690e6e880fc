"""What zig compiled is found again by the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from cibw.errors import MissingToolError
from cibw.execution.host.machine import HostMachine
from cibw.execution.toolchain import ZigSettings
from cibw.execution.zig import find_zig, lay_compilers, zig_compiler
from tests.builds import CACHE, build, check_ended_well, copy_project, selected
from tests.compiler_arguments import ADDED, CRC32

pytestmark = pytest.mark.host
ONE = "cp311-manylinux_x86_64"
PACKAGES = ("numpy", "numpy-2.0.dist-info")


class Compile(Protocol):
    """Calls a compiler, and gives what zig would get in place of the arguments."""

    def __call__(self, *arguments: str) -> list[str]: ...


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    try:
        zig = find_zig()
    except MissingToolError as error:
        pytest.skip(error.message)
    shows = tmp_path / "zig"
    shows.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", encoding="utf-8")
    shows.chmod(0o755)
    (tmp_path / "links").mkdir()
    settings = ZigSettings(
        zig=str(shows), target="x86_64-linux-gnu.2.17", links=str(tmp_path / "links"), stands_in=True
    )
    with closing(HostMachine(os.environ)) as machine:
        directory = lay_compilers(tmp_path / "root", settings, zig_compiler(machine, zig, CACHE / "zig"))

    def call(*arguments: str) -> list[str]:
        command = [str(directory / "cc"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        text = done.stdout.replace("\n".join((*CRC32, "")), "")
        lines = [line.replace(str(directory), "DIRECTORY") for line in text.splitlines()[5:-1]]
        return [line for line in lines if not line.startswith(ADDED)]

    return call


def environment(directory: Path, *packages: str) -> Path:
    for package in packages:
        (directory / "lib" / "python3.11" / "site-packages" / package).mkdir(parents=True)
    return directory


@pytest.mark.parametrize("name", ["uv/builds-v0/.tmp{}", "pip-build-env-{}", "build-env-{}"])
def test_a_build_environment_gets_a_path_that_stays(name: str, compiled: Compile, tmp_path: Path) -> None:
    first = environment(tmp_path / name.format("aaaaaa"), *PACKAGES)
    [steady] = compiled(f"-I{first}/include")
    assert steady.startswith(f"-I{tmp_path}/links/")
    assert Path(steady[2:]).parent.resolve() == first
    second = environment(tmp_path / name.format("bbbbbb"), *PACKAGES)
    assert compiled(f"-I{second}/include") == [f"-I{second}/include"]
    shutil.rmtree(first)
    assert compiled(f"-I{second}/include") == [steady]
    other = environment(tmp_path / name.format("cccccc"), "numpy", "numpy-2.1.dist-info")
    assert compiled(f"-I{other}/include") not in ([steady], [f"-I{other}/include"])


def test_an_overlay_of_pip_has_its_packages_deeper(compiled: Compile, tmp_path: Path) -> None:
    environment(tmp_path / "pip-build-env-aaaaaa" / "overlay", *PACKAGES)
    path = f"-I{tmp_path}/pip-build-env-aaaaaa/overlay/include"
    assert compiled(path)[0].startswith(f"-I{tmp_path}/links/")


def test_other_arguments_stay(compiled: Compile, tmp_path: Path) -> None:
    there = environment(tmp_path / "build-env-aaaaaa", "numpy")
    (tmp_path / "build-env-empty").mkdir()
    for argument in (f"-DWHERE={there}", f"-I{tmp_path}/build-env-empty/include", f"-I{tmp_path}", "-Iinclude"):
        assert compiled(argument) == [argument]


@pytest.mark.parametrize(("source", "stand_in"), [("a.c", "stand_in.c"), ("b/a.cc", "stand_in.cpp")])
def test_a_source_is_included_by_one_that_is_never_copied(source: str, stand_in: str, compiled: Compile) -> None:
    *given, own, include, name, last = compiled("-c", source, "-O2", "-MD", "-o", "x.o")
    assert given[:4] == ["-Xclang", "-main-file-name", "-Xclang", source.rpartition("/")[2]]
    assert given[4:] == ["-c", "-O2", "-MD", "-o", "x.o"]
    assert (include, name, last) == ("-include", source, f"DIRECTORY/{stand_in}")
    assert own != compiled("-c", f"other/{source}", "-o", "x.o")[-4]
    assert compiled("-c", source)[5:7] == ["-o", "a.o"]


@pytest.mark.parametrize(
    "arguments",
    ["a.c -o a", "-c a.c b.c", "-E a.c", "-M a.c", "-S a.c", "-c -x c++ a.c", "-c a.S", "-c a.c --coverage", "-c a.ii"],
)
def test_only_a_source_that_becomes_an_object_has_a_stand_in(arguments: str, compiled: Compile) -> None:
    assert compiled(*arguments.split()) == arguments.split()


def objects() -> set[Path]:
    return set((CACHE / "zig" / "o").glob("*/*.o"))


def written_since(mark: Path) -> list[Path]:
    return [path for path in objects() if path.stat().st_mtime_ns > mark.stat().st_mtime_ns]


def test_the_second_run_compiles_nothing(tmp_path: Path) -> None:
    project = copy_project("cpp", tmp_path)
    settings = {**selected(ONE), "CIBW_BUILD_FRONTEND": "uv"}
    mark = tmp_path / "mark"
    build(project, "--engine", "host", settings=settings)
    mark.touch()
    ran = build(project, "--engine", "host", settings=settings)
    check_ended_well(ran, [ONE])
    assert written_since(mark) == []
