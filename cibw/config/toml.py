"""TOML parser with typed values."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from cibw.limited import DEPTH_LIMIT, TEXT_LIMIT, TooDeepError, TooLargeError, in_units

if sys.version_info >= (3, 11):  # pragma: no cover - one of the two is never reached
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

TomlValue = str | int | float | bool | tuple["TomlValue", ...] | Mapping[str, "TomlValue"]
TomlTable = Mapping[str, TomlValue]
_WORD = 400
_LEVELS = 2 * DEPTH_LIMIT
_INTEGERS = range(-(1 << 63), 1 << 63)
"""The range of integers that TOML requires; larger ones are errors."""
_TOKEN = re.compile(
    r"""
    "{3}(?:[^"\\]+|\\.|"(?!""))*(?:"{3})?
  | '{3}(?:[^']+|'(?!''))*(?:'{3})?
  | "(?:[^"\\\n]+|\\.)*"?
  | '[^'\n]*'?
  | \#[^\n]*
  | \w+
  | [\[\]{}.,=\n]
    """,
    re.VERBOSE | re.DOTALL,
)


def parse_toml(text: str) -> TomlTable:
    """Parse TOML; ValueError describes the error with line and column. Dates become text, arrays tuples.

    Texts that are too long or nested too deeply are rejected before parsing.
    """
    if len(text) > TEXT_LIMIT:
        raise TooLargeError(f"it is larger than {in_units(TEXT_LIMIT)}")
    _check_nesting(text)
    table: dict[str, object] = tomllib.loads(text)
    return {key: _value(value, 1) for key, value in table.items()}


def _check_nesting(text: str) -> None:
    depth = dots = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
        elif first in "]}":
            depth -= 1
        elif first == ".":
            dots += 1
        elif first in ",=\n":
            dots = 0
        elif token.end() - token.start() > _WORD and (first.isalnum() or first == "_"):
            raise ValueError(f"a number or a name has more than {_WORD} characters")
        if max(depth, dots) > DEPTH_LIMIT:
            line = text.count("\n", 0, token.start()) + 1
            raise TooDeepError(f"it is nested more than {DEPTH_LIMIT} levels deep (at line {line})")


def _value(value: object, depth: int) -> TomlValue:
    # The depths of nested tables with dotted keys add up.
    if depth > _LEVELS:
        raise TooDeepError(f"its tables are nested more than {_LEVELS} levels deep")
    match value:
        case int() if value not in _INTEGERS:
            raise ValueError("an integer has more than 64 bits")
        case str() | bool() | int() | float():
            return value
        case list():
            return tuple(_value(item, depth + 1) for item in value)
        case dict():
            return {str(key): _value(item, depth + 1) for key, item in value.items()}
        case _:
            return str(value)


def type_name(value: TomlValue) -> str:
    """The TOML name of a value's type, with an article."""
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
    """The value if it is a table, otherwise an empty table."""
    return value if isinstance(value, Mapping) else {}
