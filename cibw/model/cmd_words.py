"""Words of a command as programs of Windows read them; pure."""

from __future__ import annotations

_BLANKS = " \t\n\v"
_OPERATORS = "&|<>^()"


def program_word(argument: str) -> str:
    r"""An argument as the C library of Windows reads it: \ is plain, but before quotes."""
    if argument and not any(one in argument for one in (*_BLANKS, '"')):
        return argument
    return _in_quotes(argument, '\\"')


def batch_word(argument: str) -> str:
    """An argument as a batch file hands it on, in quotes; percent signs still mean something to cmd.exe."""
    return _in_quotes(argument, '""')


def shown_word(argument: str) -> str:
    """An argument as a user may type it at the prompt of cmd.exe, which would take an operator for its own."""
    return _in_quotes(argument, '\\"') if any(one in argument for one in _OPERATORS) else program_word(argument)


def _in_quotes(argument: str, quote: str) -> str:
    pieces = []
    for piece in argument.split('"'):
        backslashes = len(piece) - len(piece.rstrip("\\"))
        pieces.append(piece + "\\" * backslashes)
    return f'"{quote.join(pieces)}"'
