"""The shells that run commands of a plan."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from enum import Enum

from cibw.exhaustive import assert_never
from cibw.model.cmd_words import shown_word


class Shell(Enum):
    """The shell language of a command: POSIX, Windows, or bash only."""

    SH = "sh"
    CMD = "cmd"
    BASH = "bash"

    @property
    def path_separator(self) -> str:
        """The separator of PATH."""
        return ";" if self is Shell.CMD else ":"

    def variable(self, name: str) -> str:
        """The normalized name of a variable; names are case-insensitive on Windows."""
        return name.upper() if self is Shell.CMD else name

    def quote(self, word: str) -> str:
        """Quote a word for the shell."""
        return shown_word(word) if self is Shell.CMD else shlex.quote(word)

    def join(self, words: Iterable[str]) -> str:
        """Quote and join a program and its arguments for the shell."""
        return " ".join(map(self.quote, words))

    def argv(self, text: str) -> tuple[str, ...]:
        """The arguments to run a text in the shell; cmd.exe takes everything after `/c` literally."""
        match self:
            case Shell.SH | Shell.BASH:
                return (self.value, "-c", text)
            case Shell.CMD:
                return ("cmd", "/d", "/s", "/c", text)
            case _:
                assert_never(self)
