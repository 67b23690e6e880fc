"""The parsers of setup.py and setup.cfg, which hostile or generated files must not bring down."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from configparser import RawConfigParser

_LINES = 20_000
_DEPTH = 150


def parse_script(text: str) -> ast.Module | None:
    """The syntax tree of a Python file; None where it can't be parsed.

    A script for another Python version says nothing here; the build itself will judge it.
    """
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_shallow(tree: ast.AST) -> bool:
    """Whether a syntax tree can be visited by functions that call themselves for each of its levels."""
    level: list[ast.AST] = [tree]
    for _ in range(_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


def parse_setup_cfg(text: str) -> RawConfigParser:
    """A parsed setup.cfg; ValueError where it can't be parsed."""
    import configparser

    # For each line that it can't read, the parser copies all that it has to say about the lines before.
    if text.count("\n") > _LINES:
        raise ValueError(f"it has more than {_LINES} lines")
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, source="setup.cfg")
    except configparser.Error as error:
        raise ValueError(" ".join(str(error).split())) from error
    return parser
