"""Commands in the language of cmd.exe, which takes one line and reads a slash as the start of an option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cibw.model.template import Late, Template

_TAIL = re.compile(r"""/[^\s"'<>|&;,()%^]*""")
_COMMENT = re.compile(r"@?(?:rem(?:\s|$)|::)", re.IGNORECASE)


def cmd_text(template: Template, bindings: Mapping[Late, str]) -> str:
    r"""Fill in what the run knows, in one line; KeyError names a late value that is not bound.

    Paths that begin with a late value get backslashes, as `copy` and its like take `C:\a/b` for an option `/b`.
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
    """Lines as commands that follow one another while they succeed; cmd.exe would run the first alone."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return text.strip()
    joined = "\n".join(line for line in lines if not _COMMENT.match(line))
    # A caret at its end carries a line on.
    return joined.replace("^\n", "").replace("\n", " && ")
