"""Containers of another architecture, and the programs of this computer that they borrow."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import pytest

from cibw.errors import MissingToolError
from cibw.execution.container.connection import ContainerSettings, connect
from cibw.execution.container.emulation import Processor, oci_platform_of
from cibw.execution.container.session import ContainerFactory, mount_programs
from cibw.execution.host.session import HostSettings
from cibw.execution.machine import MachineSession
from cibw.execution.zig import find_zig
from cibw.model.machines import ContainerEngine, ContainerSpec, EngineName
from cibw.model.templates import CommandRequest
from tests.builds import CACHE, ROOT, copy_project, run_cibw
from tests.image_settings import image, image_settings
from tests.test_container_builds import ENGINES, build_in
from tests.test_zig import dynamic

IDENTIFIER = "cp311-manylinux_aarch64"
PLACE = "/opt/cibw/toolchains/aarch64-linux-gnu."
emulated = pytest.mark.qemu

SETUP = """
from setuptools import Extension, setup
setup(name="packed", version="1", ext_modules=[Extension("packed", ["packed.cpp"], libraries=["z"])])
"""
USES_ZLIB = r"""
#include <Python.h>
#include <string>
#include <stdexcept>
#include <zlib.h>
static PyObject *version(PyObject *, PyObject *) {
    try {
        if (std::string(zlibVersion()).at(0) != '1') return nullptr;
        std::string().at(1);
    } catch (const std::out_of_range &) {
        return PyUnicode_FromString(zlibVersion());
    }
    return nullptr;
}
static PyMethodDef methods[] = {{"version", version, METH_NOARGS, nullptr}, {nullptr}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "packed", nullptr, -1, methods};
PyMODINIT_FUNC PyInit_packed(void) { return PyModule_Create(&module); }
"""


@pytest.fixture(autouse=True)
def _needs_zig() -> None:
    try:
        find_zig()
    except MissingToolError as error:
        pytest.skip(error.message)


@emulated
@pytest.mark.parametrize("engine", ENGINES)
def test_the_example_is_compiled_by_this_processor_and_tested_by_the_emulated_one(engine: str, tmp_path: Path) -> None:
    project = Path(shutil.copytree(ROOT / "examples" / "hello", tmp_path / "hello"))
    ran = build_in(engine, project, IDENTIFIER)
    assert "emulated, compilers: zig, running natively" in ran.words
    assert f"{PLACE}" in ran.output
    assert "gcc" not in ran.output


@emulated
@pytest.mark.docker
def test_libraries_of_the_image_and_cpp(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(SETUP, encoding="utf-8")
    (tmp_path / "packed.cpp").write_text(USES_ZLIB, encoding="utf-8")
    command = "python -c 'import packed, zlib; assert packed.version() == zlib.ZLIB_RUNTIME_VERSION'"
    ran = build_in("docker", tmp_path, IDENTIFIER, CIBW_TEST_COMMAND=command)
    assert f"{PLACE}" in ran.output


@emulated
@pytest.mark.docker
def test_the_compilers_of_the_image(tmp_path: Path) -> None:
    ran = build_in("docker", copy_project("c", tmp_path), IDENTIFIER, CIBW_EMULATION_TOOLCHAIN="image")
    assert "emulated, compilers: from the image, as set by emulation-toolchain" in ran.words
    assert "gcc" in ran.output
    assert PLACE not in ran.output


@emulated
@pytest.mark.docker
def test_a_project_keeps_its_own_compiler(tmp_path: Path) -> None:
    ran = build_in("docker", copy_project("c", tmp_path), IDENTIFIER, CIBW_ENVIRONMENT="CC='gcc -DMINE'")
    assert "gcc -DMINE" in ran.words
    assert PLACE not in ran.output


@emulated
@pytest.mark.docker
def test_a_failing_compiler_points_to_the_one_of_the_image(tmp_path: Path) -> None:
    ran = run_cibw(
        copy_project("broken_build", tmp_path),
        *("--engine", "docker", "--only", IDENTIFIER),
        settings=image_settings("manylinux_aarch64"),
    )
    assert ran.exit_code == 1
    assert 'emulation-toolchain = "image"' in ran.output


@pytest.mark.musl
@pytest.mark.docker
def test_wheels_for_musl_need_the_musl_of_the_image(tmp_path: Path) -> None:
    spec = ContainerSpec(engine=ContainerEngine(name=EngineName.DOCKER), image=image("musllinux_x86_64"))
    settings = HostSettings(environment=os.environ, cache_dir=CACHE)
    mounted = mount_programs(spec, settings, oci_platform_of(Processor(machine=platform.machine())))
    with connect(EngineName.DOCKER, os.environ) as engine:
        site = ContainerFactory(
            engine=engine,
            spec=spec,
            opening=ContainerSettings(run_id="musl", volumes=mounted.volumes),
            host=settings,
            description="a container",
            volume="cibw-tests-musllinux_x86_64",
            mounted=mounted,
        )
        with site.machine() as session:
            assert session.description == "a container, compilers: zig, running natively"
            _compile_shared_library(session, tmp_path / "hello.so")
    needed = dynamic(tmp_path / "hello.so", "DT_NEEDED")
    assert needed == ["libc.musl-x86_64.so.1"]


def _compile_shared_library(session: MachineSession, target: Path) -> None:
    machine = session.machine
    machine.put(b'#include <stdio.h>\nvoid hello(void) { puts("hello"); }', "/project/hello.c")
    script = (
        "$CC -c -fPIC hello.c -o hello.o && $LDSHARED hello.o -o hello.so && command -v uv && "
        "/opt/python/cp311-cp311/bin/python -c 'import ctypes; ctypes.CDLL(\"./hello.so\").hello()'"
    )
    lines: list[str] = []
    request = CommandRequest(argv=("sh", "-c", script), cwd="/project", environment=session.variables)
    assert machine.run(request, lambda text, _is_error: lines.append(text)).exit_code == 0, lines
    assert lines == ["/opt/cibw/bin/uv", "hello"]
    machine.get("/project/hello.so", target)
