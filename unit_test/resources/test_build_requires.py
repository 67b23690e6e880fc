from __future__ import annotations

from cibw.resources.build_requires import declared, read_settings


def test_requirements_that_are_declared() -> None:
    assert declared({"requires": ["meson-python", "cython >= 3"]}) == ["meson-python", "cython >= 3"]


def test_what_stands_for_none() -> None:
    assert declared({}) == ["setuptools >= 40.8.0"]


def test_a_setting_that_comes_again_makes_a_list() -> None:
    pairs = ("builddir=out", "args=-v", "flag", "args=a=b", "args=")
    assert read_settings(pairs) == {"builddir": "out", "args": ["-v", "a=b", ""], "flag": ""}
