"""Values of a plan as one text, for keys of caches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

FORMAT = 1
"""The version of the text. A higher number makes every older key unknown."""


def canonical(value: object) -> str:
    """The text of a value that is made of records, enums, sequences, mappings and plain values.

    A record counts with the names and the values of its fields, an enum with its value. Names of classes and modules
    are not part of the text. TypeError where it can't be written.
    """
    return f"{FORMAT} {json.dumps(_data(value), separators=(',', ':'))}"


def _data(value: object) -> object:
    if isinstance(value, Enum):
        # A list, so that it differs from a text of the same value; sequences begin with their length.
        return ["enum", _data(value.value)]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return [["mapping"], *sorted([_data(name), _data(part)] for name, part in value.items())]
    if isinstance(value, (list, tuple)):
        return [len(value), *map(_data, value)]
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"{type(value).__name__} can't be part of a key")
