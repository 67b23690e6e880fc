"""A hostile project changes what it can reach; the builds of its neighbour must not notice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builds import Ran, environment
from tests.faults.checks import check_output
from tests.faults.conftest import Start
from tests.faults.runs import Running, Trial

LEFT_OUT = ("CIBW_ENVIRONMENT", "CIBW_CACHE_PROJECT")
POISON = "# changed by a neighbour"
TARGETS = ("setuptools/version.py", "iniconfig/__init__.py", "pip/__init__.py")
ENGINES = [
    pytest.param("host", marks=pytest.mark.host),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.faults_long]),
    pytest.param("podman", marks=[pytest.mark.podman, pytest.mark.faults_long]),
]
POISONER = f"""
import pathlib, sys, sysconfig
for place in [sysconfig.get_path("purelib"), *sys.argv[1:]]:
    for name in {TARGETS}:
        for path in pathlib.Path(place).glob("**/" + name):
            try:
                with path.open("a") as file:
                    file.write("{POISON} TOKEN\\n")
            except OSError:
                pass
"""
"""Adds a comment to a few modules of the environment that it runs in and of the given directories.

It harms nobody, even where the product is broken and the caches of the whole computer are in reach.
"""
LOOKER = f"""
import pathlib, sys, sysconfig
for place in [sysconfig.get_path("purelib"), *sys.argv[1:]]:
    for name in {TARGETS}:
        for path in pathlib.Path(place).glob("**/" + name):
            if b"{POISON} TOKEN" in path.read_bytes():
                sys.exit(f"poisoned: {{path}}")
print("nothing is poisoned")
"""
SETUP = """
import runpy, sys
sys.argv, words = ["act.py"], sys.argv
runpy.run_path("act.py", run_name="__main__")
sys.argv = words
from setuptools import Extension, setup
setup(py_modules=[], ext_modules=[Extension("{name}", ["{name}.c"])])
"""
MODULE = """
#include <Python.h>
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", NULL, -1, NULL, NULL, NULL, NULL, NULL}};
PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&module); }}
"""
PYPROJECT = """
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.0"
[tool.cibw]
test-sources = ["act.py"]
test-requires = ["iniconfig"]
test-command = "python act.py"
"""


@pytest.fixture
def lay(start: Start, tmp_path: Path) -> Callable[[str, str, str], Trial]:
    """Lays a project that acts in its build environment and in its test environment; all share the caches."""

    def make(engine: str, name: str, script: str) -> Trial:
        trial = start(engine, 1, name)
        shutil.rmtree(trial.project)
        trial.project.mkdir()
        texts = {"setup.py": SETUP, f"{name}.c": MODULE, "pyproject.toml": PYPROJECT}
        for file, text in texts.items():
            (trial.project / file).write_text(text.format(name=name))
        (trial.project / "act.py").write_text(script.replace("TOKEN", tmp_path.name))
        trial.more |= {"CIBW_CACHE_PATH": str(tmp_path / "first" / "cache")}
        if engine == "host":
            trial.more["UV_CACHE_DIR"] = str(tmp_path / "uv-cache")
        return trial

    return make


def run(trial: Trial, *words: str) -> Ran:
    """Run cibw, with nothing in its environment that two projects differ in."""
    variables = environment(trial.settings())
    # Neither what both would have in common for the tests' convenience.
    settings = {name: value for name, value in variables.items() if name not in LEFT_OUT}
    running = Running(("--jobs", "1", *words), trial.project, settings, trial.place / "output.txt")
    trial.started.append(running)
    code = running.wait()
    check_output(running.output)
    return Ran(exit_code=code, output=running.output, output_dir=trial.project / "wheelhouse")


@pytest.mark.parametrize("engine", ENGINES)
def test_environments_of_a_neighbour_stay_as_they_were(engine: str, lay: Callable[[str, str, str], Trial]) -> None:
    hostile, victim = lay(engine, "first", POISONER), lay(engine, "second", LOOKER)
    for words in (("--no-resume",), ("--no-resume",)):
        ran = run(hostile, *words)
        assert ran.exit_code == 0, ran.output
    for _ in range(2):
        ran = run(victim, "--no-resume")
        assert ran.exit_code == 0, ran.output
        assert "nothing is poisoned" in ran.output


@pytest.mark.faults_long
@pytest.mark.parametrize("engine", [value for value in ENGINES if value.values != ("host",)])
def test_caches_in_a_container_of_a_neighbour_stay_as_they_were(
    engine: str, lay: Callable[[str, str, str], Trial]
) -> None:
    """In a container, a project may also change the cache of uv and all else that is mounted there to be written."""
    reach = (
        'sys.argv[1:] = [os.environ.get("UV_CACHE_DIR", "/root/.cache/uv"), "/tmp/cibw/cache", "/tmp/cibw/steady"]\n'
    )
    hostile = lay(engine, "first", f"import os, sys\n{reach}{POISONER}")
    # What the neighbour finds there is its own, so it looks at all of it.
    victim = lay(engine, "second", f"import os, sys\n{reach}{LOOKER}")
    for trial, word in ((hostile, ""), (victim, "nothing is poisoned"), (victim, "nothing is poisoned")):
        ran = run(trial, "--no-resume")
        assert ran.exit_code == 0, ran.output
        assert word in ran.output


@pytest.mark.faults_long
@pytest.mark.parametrize("engine", ENGINES)
def test_a_project_does_not_poison_its_own_next_build(engine: str, lay: Callable[[str, str, str], Trial]) -> None:
    hostile = lay(engine, "first", POISONER)
    ran = run(hostile, "--no-resume")
    assert ran.exit_code == 0, ran.output
    (hostile.project / "act.py").write_text((lay(engine, "second", LOOKER).project / "act.py").read_text())
    ran = run(hostile, "--no-resume")
    assert ran.exit_code == 0, ran.output
