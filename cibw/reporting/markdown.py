"""Escape text of builds, projects and servers for Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cibw.reporting.neutral import neutral

_SIGNS = re.compile(r"[\\<|*_\[\]&~$]")
"""Characters of HTML, cells, emphasis, links, entities and formulas; code in backticks may contain them."""
_BEGINNING = re.compile(r"^(?=[#>+=-])|(?<=^\d)(?=[.)])")
"""Characters that start a heading, a quotation or a list at the beginning of a line."""


def escaped(text: str) -> str:
    """A text on one line, escaped for Markdown."""
    line = " ".join(neutral(text, colour=False).split("\n")).strip()
    return _BEGINNING.sub(r"\\", _SIGNS.sub(r"\\\g<0>", line))


def code(text: str) -> str:
    """A text on one line as code, also for table cells."""
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
