"""Limits on the length of files and functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from house.sources import Finding, Source

FILE_LINES = 300
FUNCTION_LINES = 40


def check(source: Source) -> Iterator[Finding]:
    """Files and functions that are too long."""
    lines = source.text.count("\n")
    if lines > FILE_LINES:
        yield Finding(path=source.path, line=1, message=f"{lines} lines; a file holds up to {FILE_LINES}")
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            span = (node.end_lineno or node.lineno) - node.lineno + 1
            if span > FUNCTION_LINES:
                message = f"{node.name} has {span} lines; a function holds up to {FUNCTION_LINES}"
                yield Finding(path=source.path, line=node.lineno, message=message)
