"""Detection of abi3 wheels, and of their Python versions, in a project's metadata."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache

from cibw.config.options import StableAbi
from cibw.config.setup_files import is_shallow, parse_script, parse_setup_cfg
from cibw.config.toml import TomlTable, TomlValue, as_table
from cibw.model.target import Platform

_MINORS = range(2, 21)
_TAG = re.compile(r"cp3([1-9][0-9]?)")
_LIMITED_API = re.compile(r"""limited_api\s*:\s*['"]3\.([0-9]{1,9})""")
ReadText = Callable[[str], str | None]
"""Returns the text of a file of the package, or None if it does not exist."""


def find_stable_abi(pyproject: TomlTable, read_text: ReadText, platform: Platform) -> StableAbi | None:
    """The CPython versions whose wheel is abi3, according to the files of the project's build system.

    None if the files do not say so, or only say so when they are run.
    """
    backend = as_table(pyproject.get("build-system")).get("build-backend")
    tool = as_table(pyproject.get("tool"))
    match str(backend).partition(".")[0]:
        case "scikit_build_core":
            table = as_table(as_table(tool.get("scikit-build")).get("wheel"))
            return _above(_minor(table.get("py-api")), "pyproject.toml [tool.scikit-build] wheel.py-api")
        case "maturin":
            return _of_maturin(as_table(tool.get("maturin")), read_text)
        case "mesonpy":
            return _of_meson(as_table(tool.get("meson-python")), read_text)
        case _:
            return _of_setuptools(tool, read_text, platform)


def _above(floor: int | None, place: str) -> StableAbi | None:
    if floor is None:
        return None
    return StableAbi(minors=frozenset(minor for minor in _MINORS if minor >= floor), place=place)


def _minor(tag: TomlValue | None) -> int | None:
    match = _TAG.fullmatch(tag) if isinstance(tag, str) else None
    return int(match[1]) if match else None


def _of_maturin(table: TomlTable, read_text: ReadText) -> StableAbi | None:
    from cibw.config.stable_abi_of_rust import rust_floor

    return _above(*rust_floor(table, read_text))


def _of_meson(table: TomlTable, read_text: ReadText) -> StableAbi | None:
    if table.get("limited-api") is not True:
        return None
    floors = _LIMITED_API.findall(read_text("meson.build") or "")
    # meson-python then builds only abi3 wheels, wherever the version is set.
    return _above(max(map(int, floors), default=_MINORS.start), "pyproject.toml [tool.meson-python] limited-api")


def _of_setuptools(tool: TomlTable, read_text: ReadText, platform: Platform) -> StableAbi | None:
    table = as_table(as_table(tool.get("distutils")).get("bdist_wheel"))
    floor = _minor(table.get("py-limited-api", table.get("py_limited_api")))
    if floor is not None:
        return _above(floor, "pyproject.toml [tool.distutils.bdist_wheel]")
    floor = _minor(_in_setup_cfg(read_text("setup.cfg") or ""))
    if floor is not None:
        return _above(floor, "setup.cfg [bdist_wheel]")
    minors = frozenset(_in_setup_py(read_text, platform))
    return StableAbi(minors=minors, place="setup.py") if minors else None


def _in_setup_cfg(text: str) -> str | None:
    if "bdist_wheel" not in text:
        return None
    try:
        parser = parse_setup_cfg(text)
    except ValueError:
        return None
    dashed = parser.get("bdist_wheel", "py-limited-api", fallback=None)
    return parser.get("bdist_wheel", "py_limited_api", fallback=dashed)


def _in_setup_py(read_text: ReadText, platform: Platform) -> Iterator[int]:
    text = read_text("setup.py") or ""
    if "abi3" not in text and "py_limited_api" not in text:
        return
    from cibw.config.setup_script import stable_abi_claims
    from cibw.config.static_values import facts_of

    modules = _modules(read_text)
    script = modules("setup.py")
    if script is None:
        return
    for minor in _MINORS:
        try:
            claims = stable_abi_claims(script, facts_of(minor, platform), modules)
        except (RecursionError, ValueError):
            # Its expressions, or the numbers in them, are too long for ast.unparse.
            return
        floors = [floor for floor in map(_minor, claims) if floor is not None]
        if floors and minor >= max(floors):
            yield minor


def _modules(read_text: ReadText) -> Callable[[str], ast.Module | None]:
    @cache
    def parsed(path: str) -> ast.Module | None:
        text = read_text(path)
        tree = None if text is None else parse_script(text)
        return tree if tree is not None and is_shallow(tree) else None

    return parsed
