"""Windows under Wine: the contract of its machine, and whole builds by CPython's programs for Windows."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.builds import ROOT, Ran, check_ended_well, selected
from tests.windows_parts import PYTHONS, WindowsComputer, windows_computer

pytestmark = pytest.mark.wine

IDENTIFIERS = tuple(f"{tag}-win_amd64" for tag in PYTHONS)
HELPER = "__declspec(dllexport) int helper_number(void) { return 42; }\n"
EXTENSION = """\
#include <Python.h>

extern int helper_number(void);

static PyObject *
number(PyObject *module, PyObject *nothing)
{
    return PyLong_FromLong(helper_number());
}

static PyMethodDef methods[] = {{"number", number, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_number", .m_methods = methods};

PyMODINIT_FUNC
PyInit__number(void)
{
    return PyModuleDef_Init(&definition);
}
"""
SETUP = """\
from setuptools import Extension, setup

number = Extension("hello._number", ["number.c"], libraries=["helper"], library_dirs=["lib"])
setup(ext_modules=[Extension("hello._hello", ["src/hello/_hello.c"]), number])
"""


@pytest.fixture(scope="module")
def computer(need: Callable[[str], None]) -> Iterator[WindowsComputer]:
    need("wine")
    with windows_computer() as made:
        yield made


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples" / "hello", tmp_path / "hello"))


def build(computer: WindowsComputer, project: Path, settings: Mapping[str, str]) -> Ran:
    compiling = computer.compiling(project.parent)
    code, output = computer.run(
        ["-m", "cibw"], project, {**compiling, "CIBW_DEPENDENCY_VERSIONS": "latest", **settings}
    )
    assert code == 0, output
    return Ran(exit_code=code, output=output, output_dir=project / "wheelhouse")


def log_of(ran: Ran, identifier: str) -> list[str]:
    lines = (ran.output_dir / "logs" / f"{identifier}.log").read_text("utf-8").splitlines()
    return [line.strip() for line in lines]


def test_the_machine_of_windows_keeps_its_contract(computer: WindowsComputer) -> None:
    pytest_arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_windows_machine.py"]
    settings = {"TESTS_REQUIRE": "windows", "PYTHONDONTWRITEBYTECODE": "1"}
    code, output = computer.run(pytest_arguments, ROOT, settings)
    assert code == 0, output
    found = re.search(r"^(\d+) passed", output, re.MULTILINE)
    assert found is not None
    # Wine 8 makes no symbolic links, so that two are skipped.
    assert int(found[1]) >= 25, output


def test_two_pythons_build_repair_and_test(computer: WindowsComputer, hello: Path) -> None:
    ran = build(computer, hello, selected(*IDENTIFIERS))
    check_ended_well(ran, IDENTIFIERS)
    for tag, identifier in zip(PYTHONS, IDENTIFIERS, strict=True):
        wheel = ran.wheel_of(identifier)
        assert wheel.name == f"hello-1.0.0-{tag}-{tag}-win_amd64.whl"
        with ZipFile(wheel) as archive:
            assert f"hello/_hello.{tag}-win_amd64.pyd" in archive.namelist()
        log = log_of(ran, identifier)
        assert any(line.startswith("$ delvewheel repair") for line in log)
        assert "OK" in log, "unittest did not run"


def test_a_library_is_put_into_the_wheel_and_hooks_are_read_by_cmd(computer: WindowsComputer, hello: Path) -> None:
    (hello / "helper.c").write_text(HELPER)
    (hello / "number.c").write_text(EXTENSION)
    (hello / "setup.py").write_text(SETUP)
    settings = {
        "CIBW_BEFORE_ALL": "mkdir lib && tcc -shared -o lib\\helper.dll helper.c && echo of all > all.txt",
        "CIBW_BEFORE_BUILD": "rem nothing\ntype {project}\\all.txt",
        "CIBW_REPAIR_WHEEL_COMMAND": "delvewheel repair --add-path {project}/lib -w {dest_dir} -v {wheel}",
        "CIBW_ENVIRONMENT": 'Path="$PATH;C:/extra" SAID="$(echo yes)"',
        "CIBW_TEST_COMMAND": 'echo %SAID%;%PATH% && python -c "from hello._number import number; print(number())"',
    }
    ran = build(computer, hello, selected(IDENTIFIERS[0]) | settings)
    check_ended_well(ran, IDENTIFIERS[:1])
    log = log_of(ran, IDENTIFIERS[0])
    assert {"of all", "42"} <= set(log)
    assert any(line.startswith("yes;") and line.endswith(r";C:\extra") for line in log)
    with ZipFile(ran.wheel_of(IDENTIFIERS[0])) as archive:
        assert any(name.startswith("hello.libs/helper-") for name in archive.namelist())
