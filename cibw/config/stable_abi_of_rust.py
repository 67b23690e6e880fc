"""Detection of abi3 wheels in maturin projects, from the enabled pyo3 features."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cibw.config.toml import TomlTable, TomlValue, as_table, parse_toml

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
