"""Text of builds, projects and servers as Markdown that shows it as it is, whatever stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cibw.reporting.neutral import neutral

_SIGNS = re.compile(r"[\\<|*_\[\]&~$]")
"""What makes HTML, cells, emphasis, links, entities and formulas; code in backticks stays code, with these in it."""
_BEGINNING = re.compile(r"^(?=[#>+=-])|(?<=^\d)(?=[.)])")
"""What makes a heading, a quotation or a list at the beginning of a line."""


def escaped(text: str) -> str:
    """A text in one line that Markdown shows as it is."""
    line = " ".join(neutral(text, colour=False).split("\n")).strip()
    return _BEGINNING.sub(r"\\", _SIGNS.sub(r"\\\g<0>", line))


def code(text: str) -> str:
    """A text in one line as code, also in the cell of a table."""
    line = " ".join(neutral(text, colour=False).split("\n")).replace("|", "\\|")
    runs = re.findall(r"`+", line)
    if not runs:
        return f"`{line}`"
    fence = "`" * (max(map(len, runs)) + 1)
    return f"{fence} {line} {fence}"


def fenced(lines: Iterable[str]) -> list[str]:
    """Lines as a block of code."""
    shown = [neutral(line, colour=False) for line in lines]
    fence = "```"
    while any(fence in line for line in shown):
        fence += "`"
    return [f"{fence}text", *shown, fence]
