"""Differences in behavior after migrating a configuration from cibuildwheel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cibw.config.option_list import ALL_OPTIONS
from cibw.config.toml import TomlTable, TomlValue

_OF_BASH = re.compile(r"\$\{\w+[^\w}]|\$'|\n")
_COMMAND = re.compile(r"\$\(|`")


def migration_notes(table: TomlTable, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Notes for the user about a migrated table."""
    return (*_defaults(table, environ), *_selection(table), *_environments(table), *_variables(environ))


def _defaults(table: TomlTable, environ: Mapping[str, str]) -> Iterator[str]:
    frontends = [*_values(table, "build-frontend")] or [environ.get("CIBW_BUILD_FRONTEND", "default")]
    if "default" in frontends:
        yield (
            "without build-frontend, cibw builds with uv; "
            'build-frontend = "build" uses build and pip, as cibuildwheel does'
        )
    if not any(_values(table, "container-engine")) and "CIBW_CONTAINER_ENGINE" not in environ:
        yield (
            "container-engine is not set, so cibw tries Docker, then Podman, then builds on the host; "
            'container-engine = "docker" uses only Docker'
        )


def _selection(table: TomlTable) -> Iterator[str]:
    if any("cp38" in text for value in _values(table, "build") for text in _texts(value)):
        yield "build patterns that begin with cp38- build CPython 3.8 on Linux; cibuildwheel no longer supports it"


def _environments(table: TomlTable) -> Iterator[str]:
    for option in ("environment", "test-environment"):
        texts = [text for value in _values(table, option) for text in _texts(value)]
        if any(_OF_BASH.search(text) for text in texts):
            yield f"{option} is parsed like bash: defaults in ${{...}}, $'...' and multiple lines are supported"
        if option == "test-environment" and any(_COMMAND.search(text) for text in texts):
            yield f"commands in {option} run where the tests run, such as in the container, not on the host"


def _variables(environ: Mapping[str, str]) -> Iterator[str]:
    for option in ALL_OPTIONS:
        if option.facts.is_own and option.facts.variable in environ:
            yield f"{option.facts.variable} is set and takes effect; cibuildwheel ignores it"


def _values(table: TomlTable, option: str) -> Iterator[TomlValue]:
    """The values of an option in the main table, the platform tables and the overrides."""
    for key, value in table.items():
        if key == option:
            yield value
        elif isinstance(value, Mapping):
            yield from (item for name, item in value.items() if name == option)
        elif key == "overrides" and isinstance(value, tuple):
            for override in value:
                yield from _values(override, option) if isinstance(override, Mapping) else ()


def _texts(value: TomlValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple():
            yield from (text for item in value for text in _texts(item))
        case Mapping():
            yield from (text for item in value.values() for text in _texts(item))
        case _:
            pass
