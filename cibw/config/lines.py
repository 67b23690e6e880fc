"""Line numbers of the keys of a TOML text, for messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_TOKEN = re.compile(r"""#.*|["]{3}|[']{3}|"(?:[^"\\]+|\\.)*"?|'[^']*'?""")
_CLOSING = {'"' * 3: re.compile(r'(?:\\.|[^\\])*?["]{3}'), "'" * 3: re.compile(r".*?[']{3}")}
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A line (from 1) that starts a table or sets a key; `key` is empty for a table header."""

    number: int
    table: Path
    key: Path


def key_lines(text: str) -> Mapping[Path, int]:
    """The line (from 1) of each table header and key, by path; paths contain `n` for the nth table of an array.

    This is a heuristic without a parser: keys of inline tables are not found.
    """
    lines: dict[Path, int] = {}
    for line in statements(text):
        lines.setdefault((*line.table, *line.key), line.number)
    return lines


def statements(text: str) -> Iterator[Statement]:
    """The lines that start a table or set a key, in order; found by the same heuristic."""
    arrays: dict[Path, int] = {}
    table: Path = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not quote:
            header, key = _header(line), _KEY.match(line)
            if header:
                table = _table(header, arrays, is_array=line.lstrip().startswith("[["))
            if header or key:
                yield Statement(number=number, table=table, key=_path(key[1]) if key and not header else ())
        quote = _open_quote(line, quote)


def _header(line: str) -> str:
    """The text between the brackets of a table header; empty for other lines."""
    stripped = line.strip()
    if not stripped.startswith("["):
        return ""
    name, closing, rest = stripped.lstrip("[").partition("]")
    rest = rest.removeprefix("]").strip()
    return name.strip() if closing and (not rest or rest.startswith("#")) else ""


def _table(header: str, arrays: dict[Path, int], *, is_array: bool) -> Path:
    path = _path(header)
    if not is_array:
        return path
    arrays[path] = arrays.get(path, 0) + 1
    return (*path, str(arrays[path]))


def _path(text: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


def _open_quote(line: str, quote: str) -> str:
    """The quotes of a multi-line string that is open after a line; `quote` is the one open before it."""
    position = 0
    while True:
        match = _CLOSING[quote].match(line, position) if quote else _TOKEN.search(line, position)
        if not match:
            return quote
        position = match.end()
        quote = match[0] if not quote and match[0] in _CLOSING else ""
