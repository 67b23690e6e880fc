"""Parsers of setup.py and setup.cfg that tolerate hostile and generated files."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from configparser import RawConfigParser

_LINES = 20_000
_DEPTH = 150


def parse_script(text: str) -> ast.Module | None:
    """The syntax tree of a Python file; None if it cannot be parsed.

    A script may be written for another Python version, so this is not an error.
    """
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_shallow(tree: ast.AST) -> bool:
    """Whether a syntax tree is shallow enough for recursive functions."""
    level: list[ast.AST] = [tree]
    for _ in range(_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


def parse_setup_cfg(text: str) -> RawConfigParser:
    """Parse a setup.cfg; ValueError if it is invalid."""
    import configparser

    # The parser takes quadratic time if many lines are invalid.
    if text.count("\n") > _LINES:
        raise ValueError(f"it has more than {_LINES} lines")
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, source="setup.cfg")
    except configparser.Error as error:
        raise ValueError(" ".join(str(error).split())) from error
    return parser
