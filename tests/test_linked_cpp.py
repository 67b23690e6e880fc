"""Objects of a wheel that are linked with each other and pass things of C++: they need one C++ library."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.builds import build, check_ended_well, copy_project, native_files, run_cibw
from tests.image_settings import image_settings
from tests.test_container_builds import build_in
from tests.test_zig import dynamic

HERE = "cp311-manylinux_x86_64"
FOREIGN = "cp311-manylinux_aarch64"
PYPROJECT = """
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
"""
SETUP = r"""
import os, shlex, shutil, subprocess
from pathlib import Path
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

class WithCore(build_ext):
    def run(self):
        folder = Path(self.build_lib, "demo_linked")
        folder.mkdir(parents=True, exist_ok=True)
        if os.environ.get("CORE"):
            shutil.copy(os.environ["CORE"], folder / "libcore.so")
        else:
            compiler = shlex.split(os.environ.get("CXX", "c++"))
            options = "-std=c++17 -O2 -fPIC -shared src/core.cpp -Wl,-soname,libcore.so -o".split()
            subprocess.run([*compiler, *options, str(folder / "libcore.so")], check=True)
        self.library_dirs.append(str(folder))
        super().run()

linked = Extension(
    "demo_linked._linked",
    ["src/linked.cpp"],
    libraries=["core"],
    extra_compile_args=["-std=c++17"],
    extra_link_args=["-Wl,-rpath,$ORIGIN"],
)
setup(
    name="demo-linked", version="1", packages=["demo_linked"], package_dir={"": "src"},
    ext_modules=[linked], cmdclass={"build_ext": WithCore},
)
"""
TEST = "python -c 'import demo_linked; demo_linked.check()'"
BUILD_CORE = "$CXX -std=c++17 -O2 -fPIC -shared src/core.cpp -Wl,-soname,libcore.so -o"


def with_setuptools(directory: Path) -> Path:
    project = copy_project("linked", directory)
    (project / "CMakeLists.txt").unlink()
    (project / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (project / "setup.py").write_text(SETUP, encoding="utf-8")
    return project


def needed_by(wheel: Path, directory: Path) -> dict[str, list[str]]:
    """The libraries that each object of a wheel needs, by its file name."""
    with ZipFile(wheel) as archive:
        archive.extractall(directory)
    return {name.rpartition("/")[2]: dynamic(directory / name, "DT_NEEDED") for name in native_files(wheel)}


@pytest.mark.host
@pytest.mark.parametrize("backend", ["scikit-build-core", pytest.param("setuptools", marks=pytest.mark.slow)])
def test_on_the_host_they_share_one_library(backend: str, tmp_path: Path) -> None:
    project = with_setuptools(tmp_path) if backend == "setuptools" else copy_project("linked", tmp_path)
    ran = build(project, "--engine", "host", "--only", HERE, settings={"CIBW_TEST_COMMAND": TEST})
    check_ended_well(ran, [HERE])
    needed = needed_by(ran.wheel_of(HERE), tmp_path / "wheel")
    [runtime] = [name for name in needed if name.startswith("libc++-cibw")]
    [core] = [name for name in needed if name.startswith("libcore")]
    [extension] = [name for name in needed if name.startswith("_linked")]
    assert runtime in needed[core]
    assert {runtime, core} <= set(needed[extension])
    assert "is built again with a shared C++ library" in " ".join(ran.results[HERE].warnings)


@pytest.mark.slow
@pytest.mark.host
def test_wheels_for_musl_share_one_library_too(tmp_path: Path) -> None:
    identifier = "cp311-musllinux_x86_64"
    ran = build(with_setuptools(tmp_path), "--engine", "host", "--only", identifier)
    needed = needed_by(ran.wheel_of(identifier), tmp_path / "wheel")
    [runtime] = [name for name in needed if name.startswith("libc++-cibw")]
    assert all("libc.so" not in names for names in needed.values())
    assert "libc.musl-x86_64.so.1" in needed[runtime]


@pytest.mark.slow
@pytest.mark.host
def test_a_library_of_before_all_keeps_its_own_and_the_wheel_is_refused(tmp_path: Path) -> None:
    project = with_setuptools(tmp_path)
    settings = {
        "CIBW_BEFORE_ALL": f"{BUILD_CORE} {tmp_path}/libcore.so",
        "CIBW_ENVIRONMENT": f"CORE={tmp_path}/libcore.so",
    }
    ran = run_cibw(project, "--engine", "host", "--only", HERE, settings=settings)
    assert ran.exit_code == 26, ran.output
    assert "each contains its own C++ library" in ran.words
    assert "none in before-all" in ran.words
    assert ran.wheels == []


@pytest.mark.host
def test_a_wheel_without_the_shared_library_is_refused(tmp_path: Path) -> None:
    settings = {"CIBW_REPAIR_WHEEL_COMMAND": ""}
    ran = run_cibw(with_setuptools(tmp_path), "--engine", "host", "--only", HERE, settings=settings)
    assert ran.exit_code == 26, ran.output
    assert "needs libc++-cibw.so.1, but the repair step did not copy it into the wheel" in ran.words
    assert ran.wheels == []


@pytest.mark.slow
@pytest.mark.qemu
@pytest.mark.docker
def test_in_an_emulated_container_they_have_the_library_of_the_image(tmp_path: Path) -> None:
    ran = build_in("docker", with_setuptools(tmp_path), FOREIGN, CIBW_TEST_COMMAND=TEST)
    needed = needed_by(ran.wheel_of(FOREIGN), tmp_path / "wheel")
    assert all("libstdc++.so.6" in names for name, names in needed.items() if name.startswith(("_linked", "libcore")))
    assert "/opt/cibw/toolchains/" in ran.output


@pytest.mark.slow
@pytest.mark.qemu
@pytest.mark.docker
def test_a_library_that_before_all_made_in_an_emulated_container_is_noticed(tmp_path: Path) -> None:
    settings = {
        **image_settings("manylinux_aarch64"),
        "CIBW_BEFORE_ALL": f"{BUILD_CORE} /usr/local/lib/libcore.so",
        "CIBW_ENVIRONMENT": "CORE=/usr/local/lib/libcore.so",
    }
    ran = run_cibw(with_setuptools(tmp_path), "--engine", "docker", "--only", FOREIGN, settings=settings)
    assert ran.exit_code == 26, ran.output
    assert ran.wheels == []
