"""Typed TOML values, and configuration errors with their places."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cibw.errors import ConfigurationError, Mistake
from cibw.untrusted.limits import DEPTH_LIMIT, TEXT_LIMIT, TooDeepError, TooLargeError, in_units

if sys.version_info >= (3, 11):  # pragma: no cover - one of the two is never reached
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib


# Configuration errors, collected to report all of them together.


class BadValueError(ValueError):
    """An invalid value; `hint` suggests a fix."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


MOST_MISTAKES = 100
"""The maximum number of errors in one report."""
_LONGEST_MESSAGE = 1000
_LONGEST_WORD = 100


@dataclass(slots=True)
class Findings:
    """Errors and notes about a configuration.

    Only the first 100 errors and notes are kept. Callers can stop looking for more when it `is_full`.
    """

    _mistakes: dict[Mistake, None] = field(default_factory=dict)
    _notes: dict[str, None] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether the maximum number of errors is exceeded."""
        return len(self._mistakes) > MOST_MISTAKES

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The errors, in the order in which they were added."""
        return tuple(self._mistakes)[:MOST_MISTAKES]

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes, in the order in which they were added."""
        return tuple(self._notes)

    def add(self, place: str, message: str, hint: str = "") -> None:
        """Add an error; duplicates are dropped."""
        if not self.is_full:
            mistake = Mistake(place=clipped(place), message=clipped(message), hint=clipped(hint))
            self._mistakes[mistake] = None

    def add_error(self, place: str, error: ValueError) -> None:
        """Add an error from a parser, with its hint if it has one."""
        self.add(place, str(error), error.hint if isinstance(error, BadValueError) else "")

    def note(self, text: str) -> None:
        """Add a note; duplicates are dropped."""
        if len(self._notes) < MOST_MISTAKES:
            self._notes[clipped(text)] = None

    def raise_if_any(self) -> None:
        """Raise ConfigurationError with the errors in the order of their places, if there are any."""
        if self._mistakes:
            mistakes = sorted(self.mistakes, key=_file_order)
            raise ConfigurationError(
                f"the configuration has {_number_of(len(self._mistakes))}",
                mistakes=tuple(mistakes),
                hint=f"Only the first {MOST_MISTAKES} errors are shown." if self.is_full else "",
            )


def clipped(text: str) -> str:
    """A text for a message, shortened if it is very long."""
    # Names and values may contain bytes that are not valid text and cannot be printed.
    shown = text[:_LONGEST_MESSAGE].encode("utf-8", "backslashreplace").decode()
    return shown if len(text) <= _LONGEST_MESSAGE else f"{shown}... ({len(text)} characters)"


def _number_of(mistakes: int) -> str:
    if mistakes > MOST_MISTAKES:
        return f"more than {MOST_MISTAKES} errors"
    return "an error" if mistakes == 1 else f"{mistakes} errors"


def _file_order(mistake: Mistake) -> tuple[str, int]:
    """Sort key by file and line; variables come first."""
    match = re.match(r"(?P<file>[^:]*\.[^:]*)(?::(?P<line>[0-9]{1,9}))?", mistake.place)
    return (match["file"], int(match["line"] or 0)) if match else ("", 0)


def did_you_mean(word: str, known: Iterable[str], *, fallback: str = "") -> str:
    """A hint with the closest known word, or `fallback`."""
    if len(word) > _LONGEST_WORD:
        return fallback
    import difflib

    matches = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f"did you mean {matches[0]!r}?" if matches else fallback


# TOML parser with typed values.

TomlValue = str | int | float | bool | tuple["TomlValue", ...] | Mapping[str, "TomlValue"]
TomlTable = Mapping[str, TomlValue]
_WORD = 400
_LEVELS = 2 * DEPTH_LIMIT
_INTEGERS = range(-(1 << 63), 1 << 63)
"""The range of integers that TOML requires; larger ones are errors."""
_TOKEN = re.compile(
    r"""
    "{3}(?:[^"\\]+|\\.|"(?!""))*(?:"{3})?
  | '{3}(?:[^']+|'(?!''))*(?:'{3})?
  | "(?:[^"\\\n]+|\\.)*"?
  | '[^'\n]*'?
  | \#[^\n]*
  | \w+
  | [\[\]{}.,=\n]
    """,
    re.VERBOSE | re.DOTALL,
)


def parse_toml(text: str) -> TomlTable:
    """Parse TOML; ValueError describes the error with line and column. Dates become text, arrays tuples.

    Texts that are too long or nested too deeply are rejected before parsing.
    """
    if len(text) > TEXT_LIMIT:
        raise TooLargeError(f"it is larger than {in_units(TEXT_LIMIT)}")
    _check_nesting(text)
    table: dict[str, object] = tomllib.loads(text)
    return {key: _value(value, 1) for key, value in table.items()}


def _check_nesting(text: str) -> None:
    depth = dots = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
        elif first in "]}":
            depth -= 1
        elif first == ".":
            dots += 1
        elif first in ",=\n":
            dots = 0
        elif token.end() - token.start() > _WORD and (first.isalnum() or first == "_"):
            raise ValueError(f"a number or a name has more than {_WORD} characters")
        if max(depth, dots) > DEPTH_LIMIT:
            line = text.count("\n", 0, token.start()) + 1
            raise TooDeepError(f"it is nested more than {DEPTH_LIMIT} levels deep (at line {line})")


def _value(value: object, depth: int) -> TomlValue:
    # The depths of nested tables with dotted keys add up.
    if depth > _LEVELS:
        raise TooDeepError(f"its tables are nested more than {_LEVELS} levels deep")
    match value:
        case int() if value not in _INTEGERS:
            raise ValueError("an integer has more than 64 bits")
        case str() | bool() | int() | float():
            return value
        case list():
            return tuple(_value(item, depth + 1) for item in value)
        case dict():
            return {str(key): _value(item, depth + 1) for key, item in value.items()}
        case _:
            return str(value)


def type_name(value: TomlValue) -> str:
    """The TOML name of a value's type, with an article."""
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int():
            return "an integer"
        case float():
            return "a float"
        case tuple():
            return "an array"
        case _:
            return "a table"


def as_table(value: TomlValue | None) -> TomlTable:
    """The value if it is a table, otherwise an empty table."""
    return value if isinstance(value, Mapping) else {}


# Line numbers of the keys of a TOML text, for messages.

_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_LINE_TOKEN = re.compile(r"""#.*|["]{3}|[']{3}|"(?:[^"\\]+|\\.)*"?|'[^']*'?""")
_CLOSING = {'"' * 3: re.compile(r'(?:\\.|[^\\])*?["]{3}'), "'" * 3: re.compile(r".*?[']{3}")}
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlStatement:
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


def statements(text: str) -> Iterator[TomlStatement]:
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
                yield TomlStatement(number=number, table=table, key=_path(key[1]) if key and not header else ())
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
        match = _CLOSING[quote].match(line, position) if quote else _LINE_TOKEN.search(line, position)
        if not match:
            return quote
        position = match.end()
        quote = match[0] if not quote and match[0] in _CLOSING else ""
