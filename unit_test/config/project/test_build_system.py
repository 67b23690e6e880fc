from __future__ import annotations

import hashlib

import pytest

from cibw.config.project.build_system import ProjectTexts, build_requirements, find_build_system, may_require_more
from cibw.config.toml import parse_toml
from cibw.errors import ConfigurationError

HEAD = "from setuptools import Extension, setup\n"


def more(script: str) -> bool:
    return may_require_more(script, lambda _name: None)


@pytest.mark.parametrize(
    "script",
    [
        "setup()",
        "setup(name='x', ext_modules=[Extension('x', ['x.c'])], cmdclass={'build_ext': Command})",
        "setup(**{'name': 'x'})",
        "setup(**dict(name='x'))",
        "kwargs = {'name': 'x'}\nkwargs['version'] = '1'\nsetup(**kwargs)",
        "if True:\n    kwargs = {}\nelse:\n    kwargs = dict(name='x')\nsetup(**kwargs)",
        "setup(**({'a': 1} if True else {}))",
        "import numpy, os\nfrom Cython.Build import cythonize\nsetup(include_dirs=[os.path.join(numpy.get_include())])",
        "text = open('version.txt').read()\nother['x'] = text\nsetup(version=text)",
    ],
)
def test_a_script_that_says_all_requires_no_more(script: str) -> None:
    assert not more(HEAD + script)


@pytest.mark.parametrize("call", ["setuptools.setup(name='x')", "distutils.core.setup()"])
def test_setup_may_be_called_by_its_module(call: str) -> None:
    assert not more(f"import setuptools, distutils.core\n{call}")


def test_a_project_without_a_script_requires_no_more() -> None:
    assert not may_require_more(None, lambda _name: None)


@pytest.mark.parametrize(
    "script",
    [
        "setup(setup_requires=['six'])",
        "setup(**{'setup_' + 'requires': ['six']})",
        "setup(**json.load(open('meta.json')))",
        "setup(**{**other})",
        "setup(**dict(**other))",
        "setup(**dict(other))",
        "setup(**kwargs)",
        "kwargs = load()\nsetup(**kwargs)",
        "kwargs = other\nsetup(**kwargs)",
        "kwargs = {}\nkwargs[key] = 1\nsetup(**kwargs)",
        "kwargs = {}\nkwargs.update(load())\nsetup(**kwargs)",
        "kwargs = {}\nkwargs |= load()\nsetup(**kwargs)",
        "kwargs = {}\nfor kwargs in load():\n    setup(**kwargs)",
        "kwargs, x = load()\nsetup(**kwargs)",
        "setup(*arguments)",
        "",
        "setup = wrap(setup)\nother()",
        "print 'Python 2'",
        "x = " + "-" * 300 + "1\nsetup()",
        "exec(open('version.py').read())\nsetup()",
        "__import__('tools.build_help')\nsetup()",
        "import importlib.util\nsetup()",
        "from importlib import import_module\nsetup()",
        "import runpy\nsetup()",
        "import sys\nsys.path.insert(0, 'tools')\nimport build_help\nsetup()",
        "from sys import path\nsetup()",
    ],
)
def test_a_script_whose_requirements_only_a_run_can_tell(script: str) -> None:
    assert more(HEAD + script)


@pytest.mark.parametrize(
    "script",
    [
        "from skbuild import setup\nsetup()",
        "from numpy.distutils.core import setup\nsetup()",
        "import skbuild\nskbuild.setup()",
        "from own import setup\nfrom setuptools import setup\nsetup()",
        "setup()",
    ],
)
def test_the_setup_of_others_may_add_requirements(script: str) -> None:
    assert more(script)


HELP = "from setuptools import setup\ndef run():\n    setup(setup_requires=['six'])\n"


@pytest.mark.parametrize(
    "statement",
    [
        "import tools.build_help",
        "from tools import build_help",
        "from tools.build_help import run",
        "def later():\n    import tools.build_help as help",
    ],
)
@pytest.mark.parametrize("text", [HELP, "import setuptools\nsetuptools.setup()", "def broken(", "exec(text)"])
def test_a_module_of_the_project_may_ask_for_more(statement: str, text: str) -> None:
    script = f"{HEAD}{statement}\nsetup()"
    assert may_require_more(script, {"tools/build_help.py": text}.get)
    assert not may_require_more(script, {"tools/build_help.py": "VALUE = 1\n", "other.py": HELP}.get)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from . import inner", "tools/inner.py"),
        ("from .inner import run", "tools/inner.py"),
        ("from .. import outer", "outer.py"),
        ("from ..outer import run", "outer.py"),
        ("import inner", "inner.py"),
        ("import inner.deep", "inner/__init__.py"),
    ],
)
def test_modules_that_modules_import_count(statement: str, name: str) -> None:
    texts = {"tools/build_help.py": statement, name: HELP}
    assert may_require_more(f"{HEAD}import tools.build_help\nsetup()", texts.get)


def test_a_project_with_too_many_modules_is_not_followed() -> None:
    def read(name: str) -> str | None:
        number = name.removeprefix("m").removesuffix(".py")
        return f"import m{int(number) + 1}" if number.isdecimal() else None

    assert may_require_more(f"{HEAD}import m1\nsetup()", read)


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
