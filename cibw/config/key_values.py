"""The syntax of `docker; create-args: --network host`: fields that start with a name and a colon."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

from cibw.config.problems import BadValueError, did_you_mean

_TOKEN = re.compile(
    r"""
    (?P<space> \s+ )
  | (?P<end> ; )
  | (?P<word> (?: [^\s;'"\\] | \\. | '[^']*' | "(?: [^"\\] | \\. )*" )+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_PIECE = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^'"\\]+)""", re.DOTALL)
Field = tuple[str, tuple[str, ...]]


def split_fields(text: str) -> tuple[tuple[str, ...], ...]:
    """Split a text into the words of its fields. Fields are separated by `;`; quoting is as in a shell.

    Empty fields are left out. ValueError for an unclosed quote or a trailing backslash.
    """
    fields: list[list[str]] = [[]]
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadValueError(f"unclosed quote or trailing backslash in {text!r}")
        position = match.end()
        if match["end"]:
            fields.append([])
        elif match["word"]:
            fields[-1].append(_unquote(match["word"]))
    return tuple(tuple(field) for field in fields if field)


def split_words(text: str) -> tuple[str, ...]:
    """Split a text into words as in a shell; ValueError for an unclosed quote."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise BadValueError(f"{text!r} cannot be split into words: {str(error).lower()}", "close the quote") from error


def named_fields(text: str) -> tuple[Field, ...]:
    """Parse fields into pairs of a name and its words; the name is '' if the first word has no colon.

    ValueError if there is no name before a colon.
    """
    return tuple(_named(words) for words in split_fields(text))


def parse_fields(text: str, *, positional: Sequence[str] = (), named: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Parse fields with known names; the words of repeated fields are concatenated.

    The first fields can omit their names, which `positional` then provides. ValueError for unknown fields.
    """
    known = [*positional, *named]
    result: dict[str, list[str]] = {}
    for index, (given, words) in enumerate(named_fields(text)):
        name = given or _positional_name(words, index, positional, known)
        if name not in known:
            expected = "known fields are " + ", ".join(known)
            raise BadValueError(f"unknown field {name!r} in {text!r}", did_you_mean(name, known, fallback=expected))
        result.setdefault(name, []).extend(words)
    return {name: tuple(words) for name, words in result.items()}


def _positional_name(words: tuple[str, ...], index: int, positional: Sequence[str], known: Sequence[str]) -> str:
    if index < len(positional):
        return positional[index]
    raise BadValueError(
        f"{' '.join(words)!r} has no field name", f"add a field name before it: one of {', '.join(known)}"
    )


def _named(words: tuple[str, ...]) -> Field:
    name, colon, first = words[0].partition(":")
    if not colon:
        return "", words
    if not name:
        raise BadValueError(f"missing name before the colon in {words[0]!r}", "write name: value")
    return name, (*((first,) if first else ()), *words[1:])


def _unquote(word: str) -> str:
    return "".join(_piece(match) for match in _PIECE.finditer(word))


def _piece(match: re.Match[str]) -> str:
    single, double, escaped, plain = match.groups()
    if double is not None:
        return re.sub(r'\\(["\\])', r"\1", double)
    return next(text for text in (single, escaped, plain) if text is not None)
