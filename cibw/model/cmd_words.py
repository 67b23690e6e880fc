"""Quoting of command arguments for Windows."""

from __future__ import annotations

_BLANKS = " \t\n\v"
_OPERATORS = "&|<>^()"


def program_word(argument: str) -> str:
    r"""Quote an argument for the Windows C library: \ is literal except before quotes."""
    if argument and not any(one in argument for one in (*_BLANKS, '"')):
        return argument
    return _in_quotes(argument, '\\"')


def batch_word(argument: str) -> str:
    """Quote an argument for a batch file; cmd.exe still expands percent signs."""
    return _in_quotes(argument, '""')


def shown_word(argument: str) -> str:
    """Quote an argument for typing at the cmd.exe prompt, where operators are special."""
    return _in_quotes(argument, '\\"') if any(one in argument for one in _OPERATORS) else program_word(argument)


def _in_quotes(argument: str, quote: str) -> str:
    pieces = []
    for piece in argument.split('"'):
        backslashes = len(piece) - len(piece.rstrip("\\"))
        pieces.append(piece + "\\" * backslashes)
    return f'"{quote.join(pieces)}"'
