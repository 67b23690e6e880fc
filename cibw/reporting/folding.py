"""Wrap text to the width of a terminal."""

from __future__ import annotations

import textwrap

from cibw.reporting.look import Look

_WORST_WIDTH = 100
_LEAST_WIDTH = 20


def folded(text: str, look: Look, indent: int = 2) -> list[str]:
    """Wrap a text with an indent. Lines keep their own indent, and long paths are not broken."""
    width = min(look.width, _WORST_WIDTH) - indent
    lines: list[str] = []
    for paragraph in text.splitlines():
        lines += _pieces(paragraph, width) or [""]
    return [f"{' ' * indent}{line}".rstrip() for line in lines]


def _pieces(paragraph: str, width: int) -> list[str]:
    words = paragraph.strip()
    own = paragraph[: paragraph.find(words)] if words else ""
    room = max(_LEAST_WIDTH, width - len(own))
    lines = textwrap.wrap(words, room, break_long_words=False, break_on_hyphens=False)
    return [f"{own}{line}" for line in lines]


def with_arrow(text: str, look: Look, indent: int = 2) -> list[str]:
    """A hint, wrapped after an arrow."""
    arrow = look.symbol("→", "->")
    first, *rest = folded(text, look, indent + len(arrow) + 1)
    return [f"{' ' * indent}{look.good(arrow)} {first.strip()}", *rest]


def dimmed(text: str, look: Look, indent: int = 2) -> list[str]:
    """A note, wrapped and dimmed."""
    return [f"{' ' * indent}{look.dim(line.strip())}" for line in folded(text, look, indent)]
