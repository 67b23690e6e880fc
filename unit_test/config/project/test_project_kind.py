from __future__ import annotations

from collections.abc import Mapping

import pytest

from cibw.config.project.kind import is_pure_python, version_source
from cibw.config.toml import parse_toml
from cibw.model.release import VersionSource, required_names


def system(backend: str, *requires: str) -> str:
    return f'[build-system]\nrequires = {list(requires)}\nbuild-backend = "{backend}"\n'


SETUPTOOLS = system("setuptools.build_meta", "setuptools>=77", "wheel")
HATCH = system("hatchling.build", "hatchling", "hatch-vcs")
POETRY = system("poetry.core.masonry.api", "poetry-core")
PDM = system("pdm.backend", "pdm-backend")


def files(pyproject: str, **others: str) -> Mapping[str, str]:
    names = {
        "setup_py": "setup.py",
        "setup_cfg": "setup.cfg",
        "hatch_toml": "hatch.toml",
        "pdm_build_py": "pdm_build.py",
    }
    return {"pyproject.toml": pyproject, **{names[name]: text for name, text in others.items()}}


def is_pure(found: Mapping[str, str]) -> bool:
    return is_pure_python(parse_toml(found["pyproject.toml"]), found.get)


PURE = {
    "flit": files(system("flit_core.buildapi", "flit_core")),
    "uv": files(system("uv_build", "uv_build")),
    "hatch": files(HATCH),
    "hatch that writes its version": files(HATCH + '[tool.hatch.build.hooks.vcs]\nversion-file = "_v.py"\n'),
    "poetry": files(POETRY),
    "pdm": files(PDM + '[tool.pdm.version]\nsource = "scm"\n'),
    "setuptools": files(SETUPTOOLS),
    "setuptools with its version from git": files(
        system("setuptools.build_meta", "setuptools", "setuptools_scm[toml]>=8") + "[tool.setuptools_scm]\n"
    ),
    "a plain setup.py": files("", setup_py="import os\nfrom setuptools import setup\nsetup(name='a')\n"),
    "a universal wheel": files("", setup_py="", setup_cfg="[metadata]\nname = a\n[bdist_wheel]\nuniversal = 1\n"),
    "pbr": files(system("pbr.build", "setuptools", "pbr")),
}
UNKNOWN = {
    "maturin": files(system("maturin", "maturin")),
    "meson": files(system("mesonpy", "meson-python")),
    "a backend of the project": files(
        '[build-system]\nrequires = []\nbuild-backend = "flit_core.buildapi"\nbackend-path = ["."]\n'
    ),
    "hatch with a hook": files(HATCH + "[tool.hatch.build.targets.wheel.hooks.custom]\n"),
    "hatch with a hook for all": files(HATCH + "[tool.hatch.build.hooks.mypyc]\n"),
    "hatch.toml with a hook": files(HATCH, hatch_toml="[build.hooks.cython]\n"),
    "a broken hatch.toml": files(HATCH, hatch_toml="="),
    "poetry with a script": files(POETRY + '[tool.poetry.build]\nscript = "build.py"\n'),
    "pdm with setuptools": files(PDM + "[tool.pdm.build]\nrun-setuptools = true\n"),
    "pdm for one platform": files(PDM + "[tool.pdm.build]\nis-purelib = false\n"),
    "pdm with a hook": files(PDM, pdm_build_py=""),
    "pdm with a plugin": files(system("pdm.backend", "pdm-backend", "pdm-build-mypyc")),
    "cython": files(system("setuptools.build_meta", "setuptools", "Cython")),
    "requirements that are no texts": files('[build-system]\nrequires = [1, "torch"]\n'),
    "ext-modules": files(SETUPTOOLS + '[[tool.setuptools.ext-modules]]\nname = "a"\nsources = ["a.c"]\n'),
    "abi3": files(SETUPTOOLS + '[tool.distutils.bdist_wheel]\npy-limited-api = "cp310"\n'),
    "Extension": files("", setup_py="from setuptools import *\nsetup(ext_modules=[Extension('a', [])])\n"),
    "cffi": files("", setup_py="setup(cffi_modules=['a.py:b'])"),
    "rust": files("", setup_py="setup(rust_extensions=[])"),
    "a wheel for one platform": files("", setup_cfg="[bdist_wheel]\nplat_name = win32\n"),
    "unknown arguments": files("", setup_py="import own\nsetup(**own.arguments())\n"),
    "a setup.py of Python 2": files("", setup_py="print 'a'"),
}


@pytest.mark.parametrize("name", PURE)
def test_what_can_only_give_a_pure_wheel_is_pure(name: str) -> None:
    assert is_pure(PURE[name])


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_may_compile_is_not_taken_for_pure(name: str) -> None:
    assert not is_pure(UNKNOWN[name])


FIXED = '[project]\nname = "a"\nversion = "1.0"\n'
DYNAMIC = '[project]\nname = "a"\ndynamic = ["version"]\n'
SCM = system("setuptools.build_meta", "setuptools", "setuptools-scm")


@pytest.mark.parametrize(
    ("found", "source"),
    [
        (files(FIXED + SETUPTOOLS), VersionSource.FILES),
        (files(DYNAMIC + SETUPTOOLS), VersionSource.FILES),
        (files(FIXED + SCM), VersionSource.FILES),
        (files(SETUPTOOLS, setup_py="setup(version='1.0')"), VersionSource.FILES),
        (files(DYNAMIC + SCM), VersionSource.COMMIT_LOCAL),
        (files(DYNAMIC + HATCH), VersionSource.COMMIT_LOCAL),
        (files(DYNAMIC + PDM + '[tool.pdm.version]\nsource = "scm"\n'), VersionSource.COMMIT_LOCAL),
        (files("", setup_py="setup(use_scm_version=True)"), VersionSource.COMMIT_LOCAL),
        (
            files(DYNAMIC + SCM + '[tool.setuptools_scm]\nlocal_scheme = "no-local-version"\n'),
            VersionSource.COMMIT,
        ),
        (files("", setup_py="setup(use_scm_version={'local_scheme': 'no-local-version'})"), VersionSource.COMMIT),
        (files(system("pbr.build", "pbr")), VersionSource.COMMIT),
    ],
)
def test_where_versions_come_from(found: Mapping[str, str], source: VersionSource) -> None:
    assert version_source(parse_toml(found["pyproject.toml"]), found.get) is source


def test_names_of_requirements_are_normalized() -> None:
    assert list(required_names(("Setuptools_SCM[toml]>=8", "???", " a.b ; python_version > '3'"))) == [
        "setuptools-scm",
        "a-b",
    ]
