"""Syntax checks of shell commands in the configuration, with bashlex."""

from __future__ import annotations

_LONGEST = 20_000
"""bashlex parses about 40 characters per millisecond, and hand-written commands are shorter than this."""
_NEWER_THAN_THE_LIBRARY = ("[[", "((", "=(", "case ", "select ", "coproc ")


def check_command(command: str) -> None:
    """Raise ValueError for a command with a syntax error.

    bashlex supports most of bash, but not all of it. Unsupported syntax and very long commands are not checked.
    """
    if not command.strip() or len(command) > _LONGEST or any(word in command for word in _NEWER_THAN_THE_LIBRARY):
        return
    from bashlex import parse  # importing it takes 50 ms, and few configurations contain commands
    from bashlex.errors import ParsingError

    try:
        parse(command)
    except ParsingError as error:
        raise ValueError(f"cannot parse the command `{command}`: {error.message}") from None
    except (RuntimeError, AttributeError, IndexError, TypeError):
        # bashlex fails with one of these for bash syntax that it does not support.
        return
