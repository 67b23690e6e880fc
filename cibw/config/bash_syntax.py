"""Whether a command of the configuration is sound, as the library bashlex reads it."""

from __future__ import annotations

_LONGEST = 20_000
"""The library reads some forty characters in a millisecond, and commands that people write are shorter."""
_NEWER_THAN_THE_LIBRARY = ("[[", "((", "=(", "case ", "select ", "coproc ")


def check_command(command: str) -> None:
    """Do nothing for a command that bash can read; ValueError says what is wrong with any other.

    bashlex knows most of bash but not all of it. What it does not know is left to the machine's shell, and so is a
    very long command.
    """
    if not command.strip() or len(command) > _LONGEST or any(word in command for word in _NEWER_THAN_THE_LIBRARY):
        return
    from bashlex import parse  # 50 ms to import, and few configurations hold a command
    from bashlex.errors import ParsingError

    try:
        parse(command)
    except ParsingError as error:
        raise ValueError(f"cannot parse the command `{command}`: {error.message}") from None
    except (RuntimeError, AttributeError, IndexError, TypeError):
        # What bash knows and the library does not ends it in one of these ways.
        return
