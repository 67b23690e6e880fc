from __future__ import annotations

from collections.abc import Mapping

import pytest

from cibw.config.project.abi3 import find_stable_abi
from cibw.model.identifiers import Platform
from unit_test.config.project.test_stable_abi import floor, found

LINUX = Platform.LINUX


def of_setup_py(text: str, platform: Platform = LINUX, files: Mapping[str, str] | None = None) -> int | None:
    texts = {**(files or {}), "setup.py": text}
    abi = find_stable_abi({}, texts.get, platform)
    assert abi is None or abi.place == "setup.py"
    return floor(abi)


SETUP = "from setuptools import Extension, setup\n"
GET_TAG = """
class Wheel(bdist_wheel):  # with py_limited_api
    def get_tag(self):
        python, abi, platform = super().get_tag()
        if python.startswith("cp"):
            return "cp37", "abi3", platform
        return python, abi, platform
"""


@pytest.mark.parametrize(
    ("text", "oldest"),
    [
        ("setup(options={'bdist_wheel': {'py_limited_api': 'cp310'}})", 10),
        ("options = dict(bdist_wheel=dict(py_limited_api='cp39'))\nsetup(options=options)", 9),
        ("options = {}\noptions['bdist_wheel'] = {'py_limited_api': 'cp39'}\nsetup(options=options)", 9),
        ("options = {}\noptions['py_limited_api'] = 'cp39'\nsetup(options={'bdist_wheel': options})", 9),
        ("TAG = 'cp39'\nsetup(options={'bdist_wheel': {'py_limited_api': TAG}})", 9),
        ("def main():\n    setup(options={'bdist_wheel': {'py_limited_api': TAG}})\nTAG = 'cp39'\nmain()", 9),
        ("if __name__ == '__main__':\n    setup(options={'bdist_wheel': {'py_limited_api': 'cp39'}})", 9),
        ("class Wheel(bdist_wheel):\n    def finalize_options(self):\n        self.py_limited_api = 'cp38'\n", 8),
        (GET_TAG, 7),
        (GET_TAG.replace("abi3", "cp37"), None),
        ("class Wheel(bdist_wheel):\n    def other(self):\n        return 'cp37', 'abi3'", None),
        ("class Wheel(bdist_wheel):\n    def get_tag(self):\n        return 'py3', 'none'  # not abi3", None),
        ("setup(ext_modules=[Extension('a', ['a.c'], py_limited_api=True)])", None),
        ("setup(options={'bdist_wheel': {'py_limited_api': False}})", None),
        ("setup(options={'bdist_wheel': {'py_limited_api': unheard_of}})", None),
        ("setup(options={'bdist_wheel': {'py_limited_api': 'cp38', **{'py_limited_api': 'cp39'}}})", 9),
        ("print 'py_limited_api'", None),
        ("\0py_limited_api", None),
        ("# py_limited_api\nsetup(name='a')", None),
        ("setup(name='a')", None),
    ],
)
def test_setup_py_says_it(text: str, oldest: int | None) -> None:
    assert of_setup_py(SETUP + text) == oldest


def conditional(test: str, before: str = "") -> str:
    claim = "setup(options={'bdist_wheel': {'py_limited_api': 'cp38'}})"
    return f"import sys, os, platform, sysconfig\n{before}\nif {test}:\n    {claim}\nelse:\n    setup()"


ALWAYS = [
    "True",
    "not False",
    "sys.version_info >= (3, 8)",
    "sys.version_info[:2] > (3, 7)",
    "sys.version_info[0] == 3",
    "sys.version_info.major != 2",
    "sys.hexversion < 0x04000000",
    "sys.implementation.name == 'cpython'",
    "platform.python_implementation() == 'CPython'",
    "not sysconfig.get_config_var('Py_GIL_DISABLED')",
    "'__pypy__' not in sys.builtin_module_names",
    "sys.platform.startswith('linux')",
    "sys.platform == 'linux' or unknown",
    "unknown or sys.platform == 'linux'",
    "os.name != 'nt' and platform.system() == 'Linux'",
    "sys.platform in ('linux', 'darwin')",
    "sys.platform not in ['win32']",
    "'win' not in sys.platform",
    "bool(sys.platform)",
    "None is None",
    "f'cp{sys.version_info.major}' == 'cp3'",
    "(True if sys.platform == 'linux' else unknown)",
]
UNTOLD = [
    "unknown",
    "not unknown",
    "-unknown",
    "unknown and True",
    "unknown == 1",
    "True if unknown else True",
    "unknown[0]",
    "sys.version_info[7]",
    "sys.version_info[::2]",
    "unknown.startswith('a')",
    "sys.platform.startswith(('linux',))",
    "sys.platform < 3",
    "1 in 3",
    "'a' in unknown",
    "(1, unknown) == (1, 2)",
    "f'{unknown}' == ''",
    "f'{sys.platform:>9}' == ''",
    "bool(unknown)",
    "1 < 2 < 3",
    "1 + 1",
    "os.environ.get('ABI3') == '1'",
    f"f'{{0x{'f' * 5000}}}' == '1'",
]


@pytest.mark.parametrize("test", ALWAYS)
def test_conditions_that_hold(test: str) -> None:
    assert of_setup_py(conditional(test)) == 8
    assert of_setup_py(conditional(f"not ({test})")) is None
    imports = "import sys, os, platform, sysconfig"
    assert of_setup_py(f"{imports}\nsetup(options={{'py_limited_api': 'cp38'}} if {test} else {{}})") == 8


@pytest.mark.parametrize("test", UNTOLD)
def test_conditions_that_nobody_can_tell(test: str) -> None:
    assert of_setup_py(conditional(test)) is None
    assert of_setup_py(f"x = {{'py_limited_api': 'cp38'}} if {test} else {{'py_limited_api': 'cp38'}}") is None


@pytest.mark.parametrize(
    ("test", "oldest"),
    [
        ("sys.version_info >= (3, 11)", 11),
        ("sys.version_info.minor >= 12", 12),
        ("sys.hexversion >= 0x030d0000", 13),
        ("sys.version_info > (3, 12)", 12),
        ("sysconfig.get_config_var('Py_GIL_DISABLED') is not None", 13),
    ],
)
def test_conditions_on_the_python(test: str, oldest: int) -> None:
    assert of_setup_py(conditional(test)) == oldest


def test_old_pythons_alone_may_be_abi3() -> None:
    abi = found(setup_py=conditional("sys.version_info < (3, 12)"))
    assert abi is not None
    assert abi.minors == {8, 9, 10, 11}


@pytest.mark.parametrize(
    ("before", "oldest"),
    [
        ("flag = True", 8),
        ("flag: bool = True", None),
        ("flag = True\nflag += unknown", None),
        ("flag, other = True, True", None),
        ("flag = True\nfor flag in unknown: pass", None),
        ("flag = True\nwhile unknown:\n    flag = False", None),
        ("flag = True\ndel flag", None),
        ("flag = True\nasync def f():\n    flag = False", None),
        ("flag = True\nif unknown:\n    flag = False", None),
        ("flag = False\nif unknown:\n    pass\nelif True:\n    flag = True", None),
        ("flag = True\ntry:\n    import numpy\nexcept ImportError:\n    flag = False", None),
        ("flag = True\ntry:\n    setup()\nexcept ImportError:\n    flag = False", None),
        ("flag = True\ntry:\n    import sys\nexcept ImportError:\n    flag = False", 8),
        ("flag = True\ntry:\n    from setuptools import x\nexcept ImportError:\n    flag = False", 8),
        ("flag = False\ntry:\n    import sys\nexcept ImportError:\n    pass\nelse:\n    flag = True", 8),
        ("flag = False\ntry:\n    pass\nfinally:\n    flag = True", 8),
        ("import warnings\nwith warnings.catch_warnings():\n    flag = True", 8),
        ("import setuptools as flag", 8),
        ("import numpy as flag", None),
        ("from sys import platform as flag", 8),
        ("from sys import nothing as flag", None),
        ("from . import flag", None),
        ("class flag: pass", None),
    ],
)
def test_names_stand_for_what_was_last_known(before: str, oldest: int | None) -> None:
    assert of_setup_py(conditional("flag", before)) == oldest


PSUTIL = """
import os, sys, sysconfig, warnings
with warnings.catch_warnings():
    try:
        import setuptools
        from setuptools import setup
    except ImportError:
        setuptools = None
HERE = os.path.abspath(os.path.dirname(__file__))
sys.path.insert(0, os.path.join(HERE, "psutil"))
from _common import LINUX
from _common import MACOS
from _common import WINDOWS
CP36_PLUS = sys.version_info[:2] >= (3, 6) and sys.implementation.name == "cpython"
CP37_PLUS = sys.version_info[:2] >= (3, 7) and sys.implementation.name == "cpython"
Py_GIL_DISABLED = sysconfig.get_config_var("Py_GIL_DISABLED")
if setuptools and CP36_PLUS and (MACOS or LINUX) and not Py_GIL_DISABLED:
    py_limited_api = {"py_limited_api": True}
    options = {"bdist_wheel": {"py_limited_api": "cp36"}}
elif setuptools and CP37_PLUS and WINDOWS and not Py_GIL_DISABLED:
    py_limited_api = {"py_limited_api": True}
    options = {"bdist_wheel": {"py_limited_api": "cp37"}}
else:
    py_limited_api = {}
    options = {}
def main():
    setup(options=options)
if __name__ == "__main__":
    main()
"""
COMMON = """
import sys
from unheard_of import thing
if __name__ == "__main__":
    sys = None
LINUX = sys.platform.startswith("linux")
MACOS = sys.platform.startswith("darwin")
WINDOWS = sys.platform == "win32"
"""


@pytest.mark.parametrize(
    ("platform", "oldest"),
    [(LINUX, 6), (Platform.MACOS, 6), (Platform.WINDOWS, 7), (Platform.ANDROID, None), (Platform.IOS, None)],
)
def test_names_may_come_from_a_module_of_the_project(platform: Platform, oldest: int | None) -> None:
    assert of_setup_py(PSUTIL, platform, {"psutil/_common.py": COMMON}) == oldest


def test_modules_that_are_not_there_say_nothing() -> None:
    assert of_setup_py(PSUTIL) is None


def test_a_script_that_is_too_deep_says_nothing() -> None:
    assert of_setup_py(f"py_limited_api = {'+'.join(['1'] * 2000)}") is None


@pytest.mark.parametrize(
    "step",
    ['x = f"{x}{x}"', "x = (x, x)", "x = (x, x)\ny = (y, y)\nz = x == y", 'x = (x, x)\ny = f"{x}"', "x = [x, x, x]"],
)
def test_values_that_grow_without_end_are_given_up(step: str) -> None:
    script = "x = 'a'\ny = 'a'\n" + f"{step}\n" * 60 + "setup(py_limited_api=x)\n"
    assert of_setup_py(script) is None
