"""The shells that run commands of a plan."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from enum import Enum

from cibw.exhaustive import assert_never
from cibw.model.cmd_words import shown_word


class Shell(Enum):
    """Whose language a command is written in: that of POSIX, or that of Windows."""

    SH = "sh"
    CMD = "cmd"

    @property
    def path_separator(self) -> str:
        """What stands between the directories of PATH."""
        return ":" if self is Shell.SH else ";"

    def variable(self, name: str) -> str:
        """The name of a variable; Windows does not tell `Path` from `PATH`, and a process has but one of them."""
        return name if self is Shell.SH else name.upper()

    def quote(self, word: str) -> str:
        """A word as it may be typed into the shell."""
        return shlex.quote(word) if self is Shell.SH else shown_word(word)

    def join(self, words: Iterable[str]) -> str:
        """A program with its arguments as it may be typed into the shell."""
        return " ".join(map(self.quote, words))

    def argv(self, text: str) -> tuple[str, ...]:
        """How the shell is called with a text; cmd.exe takes all behind `/c` as it is, without quotes of C."""
        match self:
            case Shell.SH:
                return ("sh", "-c", text)
            case Shell.CMD:
                return ("cmd", "/d", "/s", "/c", text)
            case _:
                assert_never(self)
