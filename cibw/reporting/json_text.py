"""Readable JSON: short values are on one line."""

from __future__ import annotations

import json

from cibw.reporting.neutral import neutral_json

_WIDTH = 110
_encode = json.JSONEncoder(ensure_ascii=False).encode


def json_text(value: object) -> str:
    """Plain data as JSON, with short lists and objects on one line; ends with a newline."""
    return neutral_json(f"{_pretty(value, 0)}\n")


def _pretty(value: object, indent: int) -> str:
    if isinstance(value, dict):
        items = [f"{_encode(key)}: {_pretty(item, indent + 2)}" for key, item in value.items()]
        opening, closing = "{}"
    elif isinstance(value, list):
        items = [_pretty(item, indent + 2) for item in value]
        opening, closing = "[]"
    else:
        return _encode(value)
    # If an item has several lines, its container must have several, too.
    short = f"{opening}{', '.join(items)}{closing}"
    if len(short) + indent <= _WIDTH:
        return short
    inner = " " * (indent + 2)
    body = f",\n{inner}".join(items)
    return f"{opening}\n{inner}{body}\n{' ' * indent}{closing}"
