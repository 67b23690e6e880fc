r"""Shell quotes without expansions: `'...'` and `$'...\n...'`."""

from __future__ import annotations

import re

from cibw.config.shell_cursor import Cursor

_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}
_CODE = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c([\x40-\x7f])")


def read_single(cursor: Cursor) -> str:
    """Read the text in single quotes; the cursor is after the first quote."""
    end = cursor.text.find("'", cursor.position)
    if end < 0:
        raise ValueError("unclosed single quote")
    return cursor.take(end - cursor.position + 1)[:-1]


def read_ansi(cursor: Cursor) -> str:
    """Read the text in `$'...'`, with its escapes; the cursor is after the first quote.

    ValueError for a missing quote, and for escapes of bytes that are not text.
    """
    pieces: list[str] = []
    while not cursor.at_end:
        if cursor.skip("'"):
            return "".join(pieces)
        pieces.append(_escaped(cursor) if cursor.skip("\\") else cursor.take())
    raise ValueError("unclosed $' quote")


def _escaped(cursor: Cursor) -> str:
    simple = _SIMPLE.get(cursor.peek())
    if simple is not None:
        cursor.take()
        return simple
    code = _CODE.match(cursor.text, cursor.position)
    if code is None:
        return "\\"
    cursor.take(len(code[0]))
    return _character(code)


def _character(code: re.Match[str]) -> str:
    byte, short, long, octal, control = code.groups()
    if control is not None:
        number = ord(control.upper()) & 0x1F
    else:
        number = int(octal, 8) if octal is not None else int(byte or short or long, 16)
    is_byte = byte is not None or octal is not None
    if number == 0 or number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or (is_byte and number > 0x7F):
        raise ValueError(rf"$'\{code[0]}' is not a text character; use its Unicode code point, as in $'\u00e9'")
    return chr(number)
