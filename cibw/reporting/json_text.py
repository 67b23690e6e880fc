"""JSON as people like to read it: what is short stands on one line."""

from __future__ import annotations

import json

_WIDTH = 110


def json_text(value: object) -> str:
    """Plain data as JSON, with short lists and objects on one line; ends in a newline."""
    return f"{_pretty(value, 0)}\n"


def _pretty(value: object, indent: int) -> str:
    short = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or len(short) + indent <= _WIDTH:
        return short
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        items = [f"{json.dumps(key, ensure_ascii=False)}: {_pretty(item, indent + 2)}" for key, item in value.items()]
        opening, closing = "{}"
    else:
        items = [_pretty(item, indent + 2) for item in value]
        opening, closing = "[]"
    body = f",\n{inner}".join(items)
    return f"{opening}\n{inner}{body}\n{' ' * indent}{closing}"
