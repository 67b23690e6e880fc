"""Whether a project's metadata says that its wheels are abi3, and for which Pythons."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from cibw.config.options import StableAbi
from cibw.config.project.build_system import is_shallow, parse_script, parse_setup_cfg
from cibw.config.toml import TomlTable, TomlValue, as_table, parse_toml
from cibw.model.identifiers import Platform

# Detection of abi3 wheels in maturin projects, from the enabled pyo3 features.

_ABI3 = re.compile(r"(?:pyo3|pyo3-ffi)\??/abi3(t?)(?:-py3([0-9]{1,9})t?)?")
_BINDINGS = ("pyo3", "pyo3-ffi")
_ANY_PYTHON = 2
_FIRST_WITH_ABI3T = 15


def rust_floor(maturin: TomlTable, read_text: Callable[[str], str | None]) -> tuple[int | None, str]:
    """The minor version in pyo3's `abi3-py39` or `abi3t-py315` feature, and where it is set.

    2 for plain `abi3`, 15 for plain `abi3t`, None if no such feature is enabled.
    """
    path = maturin.get("manifest-path", "Cargo.toml")
    manifest = _manifest(read_text(path) if isinstance(path, str) else None)
    floor = _floor(_texts(maturin.get("features")))
    if floor is not None:
        return floor, "pyproject.toml [tool.maturin] features"
    return _floor((*_enabled(maturin, manifest), *_of_bindings(manifest))), f"features of pyo3 in {path}"


def _manifest(text: str | None) -> TomlTable:
    try:
        return parse_toml(text or "")
    except ValueError:
        return {}


def _floor(features: Iterable[str]) -> int | None:
    found = [match for match in map(_ABI3.fullmatch, features) if match]
    floors = [int(match[2]) for match in found if match[2]]
    floors += [_FIRST_WITH_ABI3T for match in found if match[1] and not match[2]]
    # Each of these pyo3 features also enables those of later Pythons, so the lowest one counts.
    return min(floors, default=_ANY_PYTHON if found else None)


def _texts(value: TomlValue | None) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()


def _enabled(maturin: TomlTable, manifest: TomlTable) -> Iterator[str]:
    """The enabled features of the crate, and the features that they enable."""
    table = as_table(manifest.get("features"))
    waiting = [*_texts(maturin.get("features"))]
    if maturin.get("no-default-features") is not True:
        waiting.append("default")
    seen: set[str] = set()
    while waiting:
        feature = waiting.pop()
        if feature in seen:
            continue
        seen.add(feature)
        yield feature
        waiting += _texts(table.get(feature))


def _of_bindings(manifest: TomlTable) -> Iterator[str]:
    shared = as_table(as_table(manifest.get("workspace")).get("dependencies"))
    for name in _BINDINGS:
        dependency = as_table(as_table(manifest.get("dependencies")).get(name))
        features = _texts(dependency.get("features"))
        if dependency.get("workspace") is True:
            features += _texts(as_table(shared.get(name)).get("features"))
        yield from (f"{name}/{feature}" for feature in features)


# Detection of abi3 wheels, and of their Python versions, in a project's metadata.

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
    from cibw.config.project.setup_script import facts_of, stable_abi_claims

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
