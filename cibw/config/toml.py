"""TOML text as typed values."""

from __future__ import annotations

import sys
from collections.abc import Mapping

if sys.version_info >= (3, 11):  # pragma: no cover - one of the two is never reached
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

TomlValue = str | int | float | bool | tuple["TomlValue", ...] | Mapping[str, "TomlValue"]
TomlTable = Mapping[str, TomlValue]


def parse_toml(text: str) -> TomlTable:
    """Read TOML; ValueError says what is wrong, with line and column. Dates become text, arrays tuples."""
    table: dict[str, object] = tomllib.loads(text)
    return {key: _value(value) for key, value in table.items()}


def _value(value: object) -> TomlValue:
    match value:
        case str() | bool() | int() | float():
            return value
        case list():
            return tuple(_value(item) for item in value)
        case dict():
            return {str(key): _value(item) for key, item in value.items()}
        case _:
            return str(value)


def type_name(value: TomlValue) -> str:
    """The name of a value's type, with its article, in the words of TOML."""
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int():
            return "an integer"
        case float():
            return "a float"
        case tuple():
            return "an array"
        case _:
            return "a table"


def as_table(value: TomlValue | None) -> TomlTable:
    """The value where it is a table, else an empty table."""
    return value if isinstance(value, Mapping) else {}
