"""Writes a project's build requirements to a requirements file. Runs in the Python of the build environment.

build_requires.py declared DIRECTORY FILE               requirements that pyproject.toml declares
build_requires.py asked DIRECTORY FILE [NAME=VALUE]...  additional requirements of the backend, with config settings

The second call needs the requirements of the first one (PEP 517, PEP 518).
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

_DEFAULT_BACKEND = "setuptools.build_meta:__legacy__"
_DEFAULT_REQUIRES = ["setuptools >= 40.8.0"]

Settings = dict[str, str | list[str]]


def read_table(path: Path) -> Settings:
    """Return the `[build-system]` table of a pyproject.toml, or an empty table."""
    if not path.exists():
        return {}
    # The Pythons that run this script have the module. Others that read this file may not.
    loads: Callable[[str], dict[str, Settings]] = importlib.import_module("tomllib").loads
    return loads(path.read_text(encoding="utf-8")).get("build-system", {})


def declared(table: Settings) -> list[str]:
    """Return the requirements that the table declares."""
    return list(table.get("requires", _DEFAULT_REQUIRES))


def asked(table: Settings, settings: Settings) -> list[str]:
    """Return the backend's requirements for building a wheel. The current directory must be the project."""
    sys.path[:0] = [str(Path(entry).resolve()) for entry in table.get("backend-path", [])]
    name, _, inside = str(table.get("build-backend", _DEFAULT_BACKEND)).partition(":")
    backend: object = importlib.import_module(name)
    for attribute in filter(None, inside.split(".")):
        backend = getattr(backend, attribute)
    hook: Callable[[Settings], list[str]] = getattr(backend, "get_requires_for_build_wheel", lambda _settings: [])
    return hook(settings)


def read_settings(pairs: Iterable[str]) -> Settings:
    """Parse config settings from `NAME=VALUE`. A repeated name makes a list."""
    settings: Settings = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        known = settings.get(name)
        if known is None:
            settings[name] = value
        else:
            settings[name] = [*(known if isinstance(known, list) else [known]), value]
    return settings


def main(action: str, directory: str, file: str, *pairs: str) -> None:
    """Write the requirements, one per line."""
    # The backend must not see the directory of this script.
    sys.path.pop(0)
    os.chdir(directory)
    table = read_table(Path("pyproject.toml"))
    found = declared(table) if action == "declared" else asked(table, read_settings(pairs))
    Path(file).write_text("".join(f"{one}\n" for one in found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
