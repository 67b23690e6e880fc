"""Commands for cmd.exe, which accepts a single line and treats a slash as the start of an option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cibw.model.template import Late, Template

_TAIL = re.compile(r"""/[^\s"'<>|&;,()%^]*""")
_COMMENT = re.compile(r"@?(?:rem(?:\s|$)|::)", re.IGNORECASE)


def cmd_text(template: Template, bindings: Mapping[Late, str]) -> str:
    r"""Render a template as one line; KeyError for a late value that is not bound.

    Paths that begin with a late value get backslashes, because `copy` and others parse `/b` in `C:\a/b` as an option.
    """
    return _one_line("".join(_pieces(template, bindings)))


def _pieces(template: Template, bindings: Mapping[Late, str]) -> Iterator[str]:
    follows_path = False
    for part in template.parts:
        if isinstance(part, Late):
            yield bindings[part].replace("/", "\\")
        else:
            tail = _TAIL.match(part) if follows_path else None
            end = tail.end() if tail else 0
            yield part[:end].replace("/", "\\") + part[end:]
        follows_path = isinstance(part, Late)


def _one_line(text: str) -> str:
    """Join lines with `&&`; cmd.exe would run only the first line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return text.strip()
    joined = "\n".join(line for line in lines if not _COMMENT.match(line))
    # A caret at the end of a line continues it.
    return joined.replace("^\n", "").replace("\n", " && ")
