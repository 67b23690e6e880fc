"""Builds for Pyodide: pyodide-build, Node.js and Pyodide are real, and Emscripten is a stand-in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builds import Ran, build, check_ended_well, copy_project, environment, native_files, run_cibw
from tests.installing import pythons
from tests.pyodide_parts import PYODIDE, TAG, CrossBuild, cross_build, write_releases

pytestmark = pytest.mark.pyodide
IDENTIFIER = f"{TAG}-pyodide_wasm32"


@pytest.fixture(scope="module")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrossBuild]:
    with cross_build(tmp_path_factory.mktemp("cross")) as laid:
        yield laid


@pytest.fixture(scope="module")
def built(cross: CrossBuild, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The first build, which lays the cross-build environment into the cache."""
    project = copy_project("wasm", tmp_path_factory.mktemp("first"))
    return build(project, "--only", IDENTIFIER, settings=cross.settings)


def test_a_wheel_is_built_and_tested_under_node(built: Ran) -> None:
    check_ended_well(built, [IDENTIFIER])
    (wheel,) = built.wheels
    assert wheel.name == "demo_wasm-1.0-cp313-cp313-pyemscripten_2025_0_wasm32.whl"
    assert native_files(wheel) == ["demo_wasm/part.cpython-313-wasm32-emscripten.so"]
    assert "demo runs on emscripten" in built.words
    assert "contains no native files" not in built.words


@pytest.mark.usefixtures("built")
def test_the_environment_is_kept_and_a_failing_test_fails_the_build(cross: CrossBuild, tmp_path: Path) -> None:
    # An environment that is there is used without a look at the list of releases.
    settings = {
        **cross.settings,
        "PYODIDE_CROSS_BUILD_ENV_METADATA_URL": "/nowhere",
        "CIBW_TEST_COMMAND": "python -c 'raise SystemExit(3)'",
        "CIBW_TEST_REQUIRES": "",
    }
    ran = run_cibw(copy_project("wasm", tmp_path), "--only", IDENTIFIER, settings=settings)
    assert ran.exit_code == 1, ran.output
    assert "ended    with exit code 3" in ran.output
    assert ran.wheels == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("digest", "does not have the expected hash: its SHA-256 is"),
        ("version", "pyodide-build does not support Pyodide 0.29.99"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(cross: CrossBuild, tmp_path: Path, change: str, message: str) -> None:
    settings = {**cross.settings, "CIBW_CACHE_PATH": str(tmp_path / "cache")}
    interpreters = Path(cross.settings["CIBW_CACHE_PATH"], "interpreters")
    shutil.copytree(interpreters, tmp_path / "cache" / "interpreters", symlinks=True)
    if change == "digest":
        settings["PYODIDE_CROSS_BUILD_ENV_METADATA_URL"] = str(tmp_path / "releases.json")
        write_releases(tmp_path / "releases.json", "0" * 64)
    else:
        settings["CIBW_PYODIDE_VERSION"] = "0.29.99"
    ran = run_cibw(copy_project("wasm", tmp_path), "--only", IDENTIFIER, settings=settings)
    assert ran.exit_code == 1, ran.output
    assert message in ran.output
    assert "Traceback" not in ran.output
    assert not list((tmp_path / "cache" / "pyodide").glob(f"*/{PYODIDE}"))


def test_pyodide_build_knows_each_argument_that_is_used(cross: CrossBuild, tmp_path: Path) -> None:
    uv = [sys.executable, "-m", "uv", "tool", "run", "--python", pythons()[TAG]]
    tool = [*uv, "--from", "pyodide-cli", "--with", "pyodide-build", "pyodide"]

    def help_of(*words: str) -> str:
        told = environment(cross.settings)
        call = [*tool, *words, "--help"]
        done = subprocess.run(call, cwd=tmp_path, env=told, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    known = {
        ("build",): ("--outdir", "-C,", "-v,", "SOURCE_LOCATION"),
        ("xbuildenv", "search"): ("--json", "--all"),
        ("xbuildenv", "install"): ("--path", "VERSION"),
        ("xbuildenv", "install-emscripten"): ("--force", "--version", "--path"),
        ("venv",): ("DEST",),
    }
    for command, arguments in known.items():
        text = help_of(*command)
        assert [argument for argument in arguments if argument not in text] == []
