from __future__ import annotations

import hashlib

import pytest

from cibw.config.build_system import ProjectTexts, build_requirements, find_build_system
from cibw.config.toml import parse_toml
from cibw.errors import ConfigurationError

SETUP = "from setuptools import setup\nsetup()\n"


def known(pyproject: str | None, setup_cfg: str | None = None, setup_py: str | None = None) -> tuple[str, ...] | None:
    texts = ProjectTexts(pyproject=pyproject, setup_cfg=setup_cfg, setup_py=setup_py)
    system = find_build_system(parse_toml(pyproject or ""), texts)
    if system is None:
        return None
    assert system.digest == hashlib.sha256((pyproject or "").encode()).hexdigest()
    return system.requires


@pytest.mark.parametrize(
    "requires",
    ['"setuptools"', '"setuptools>=61,<75", "cython~=3.0"', '"setuptools==77.*"', '"Setuptools >= 40,!= 60.1"'],
)
@pytest.mark.parametrize("backend", ["", 'build-backend = "setuptools.build_meta"\n'])
def test_setuptools_asks_for_what_stands_in_the_table(requires: str, backend: str) -> None:
    wanted = tuple(part.strip(' "') for part in requires.split(", "))
    assert known(f"[build-system]\n{backend}requires = [{requires}]", "[metadata]\nname = x", SETUP) == wanted


def test_a_project_without_the_table_is_built_by_setuptools() -> None:
    assert known("[project]\nname = 'x'") == ("setuptools>=40.8.0",)


@pytest.mark.parametrize(
    "table",
    [
        'build-backend = "mesonpy"\nrequires = ["meson-python"]',
        'build-backend = "setuptools.build_meta"\nbackend-path = ["."]\nrequires = ["setuptools"]',
        'requires = "setuptools"',
        "requires = [1]",
        'requires = ["setuptools-rust"]',
        'requires = ["setuptools @ file:///x"]',
        'requires = ["wheel"]',
        'requires = ["setuptools<70"]',
        'requires = ["setuptools==59.2.0"]',
    ],
)
def test_what_only_the_backend_can_tell(table: str) -> None:
    assert known(f"[build-system]\n{table}") is None


@pytest.mark.parametrize("key", ["setup_requires", "setup-requires"])
def test_setup_requires_is_more_than_the_table_says(key: str) -> None:
    assert known("", f"[options]\n{key} = cffi") is None
    assert known("", None, "setup(setup_requires=['cffi'])") is None


def test_without_a_pyproject_nothing_is_known() -> None:
    assert known(None) is None


@pytest.mark.parametrize(
    ("pyproject", "requires"),
    [
        (None, ()),
        ("[project]", ()),
        ("build-system = 1", ()),
        ("[build-system]\nrequires = 'hatchling'", ()),
        ("[build-system]\nrequires = ['hatchling>=1', 2, 'hatch-vcs']", ("hatchling>=1", "hatch-vcs")),
    ],
)
def test_requirements_of_any_backend(pyproject: str | None, requires: tuple[str, ...]) -> None:
    assert build_requirements(pyproject) == requires


def test_requirements_stand_in_a_toml_file() -> None:
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        build_requirements("[")
