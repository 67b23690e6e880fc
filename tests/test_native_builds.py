"""Builds on a Mac and on a Windows computer, by the Pythons of the catalog and by those of uv."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import pytest

from tests.builds import ROOT, Ran, build, check_ended_well, selected

PYTHONS = ("cp312", "cp314")
CATALOG = {"CIBW_PYTHON_SOURCE": "catalog", "CIBW_DEPENDENCY_VERSIONS": "latest"}
UV = {"CIBW_PYTHON_SOURCE": "uv", "CIBW_DEPENDENCY_VERSIONS": "latest"}
SOURCES = [pytest.param(CATALOG, id="catalog"), pytest.param(UV, id="uv")]


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples" / "hello", tmp_path / "hello"))


def build_hello(hello: Path, identifiers: tuple[str, ...], settings: dict[str, str]) -> Ran:
    return build(hello, settings={**selected(*identifiers), **settings})


def log_of(ran: Ran, identifier: str) -> str:
    return (ran.output_dir / "logs" / f"{identifier}.log").read_text("utf-8")


def check(ran: Ran, identifiers: tuple[str, ...], tag: str, repair: str) -> None:
    """Wheels with the tags of their Pythons, repaired and tested, and a report that says so."""
    check_ended_well(ran, identifiers)
    for identifier in identifiers:
        python = identifier.partition("-")[0]
        assert f"-{python}-{python}-{tag}" in ran.wheel_of(identifier).name
        log = log_of(ran, identifier)
        assert repair in log
        assert "OK" in log.splitlines(), "unittest did not run"


@pytest.mark.mac
@pytest.mark.parametrize("settings", SOURCES)
def test_a_mac_builds(hello: Path, settings: dict[str, str]) -> None:
    architecture = sysconfig.get_platform().rpartition("-")[2].replace("universal2", "arm64")
    identifiers = tuple(f"{python}-macosx_{architecture}" for python in PYTHONS)
    check(build_hello(hello, identifiers, settings), identifiers, "macosx_", "delocate-wheel")


@pytest.mark.mac
def test_a_mac_builds_for_both_processors(hello: Path) -> None:
    ran = build_hello(hello, ("cp312-macosx_universal2",), CATALOG | {"CIBW_ARCHS": "universal2"})
    assert "universal2" in ran.wheel_of("cp312-macosx_universal2").name


@pytest.mark.windows
@pytest.mark.parametrize("settings", SOURCES)
def test_windows_builds(hello: Path, settings: dict[str, str]) -> None:
    identifiers = tuple(f"{python}-win_amd64" for python in PYTHONS)
    check(build_hello(hello, identifiers, settings), identifiers, "win_amd64", "delvewheel repair")


@pytest.mark.windows
def test_windows_builds_for_32_bits(hello: Path) -> None:
    ran = build_hello(hello, ("cp312-win32",), CATALOG)
    check(ran, ("cp312-win32",), "win32", "delvewheel repair")


@pytest.mark.windows
def test_hooks_are_read_by_cmd(hello: Path) -> None:
    hooks = {
        "CIBW_BEFORE_ALL": "echo of all > all.txt",
        "CIBW_BEFORE_BUILD": "copy {project}/all.txt {project}/copy.txt\nrem nothing\ntype {project}/copy.txt",
        "CIBW_ENVIRONMENT": 'Path="$PATH;C:/extra" SAID="$(echo yes)"',
        "CIBW_TEST_COMMAND": "echo %SAID% && (echo ;%PATH%; | findstr /c:extra) && type {project}/copy.txt",
    }
    ran = build_hello(hello, ("cp312-win_amd64",), CATALOG | hooks)
    log = log_of(ran, "cp312-win_amd64")
    assert [line.strip() for line in log.splitlines()].count("of all") == 2
    assert "yes" in [line.strip() for line in log.splitlines()]
