"""The shells that run commands of a plan."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from enum import Enum

from cibw.exhaustive import assert_never
from cibw.model.cmd_words import shown_word


class Shell(Enum):
    """Whose language a command is written in: that of POSIX, that of Windows, or that of bash alone."""

    SH = "sh"
    CMD = "cmd"
    BASH = "bash"

    @property
    def path_separator(self) -> str:
        """What stands between the directories of PATH."""
        return ";" if self is Shell.CMD else ":"

    def variable(self, name: str) -> str:
        """The name of a variable; Windows does not tell `Path` from `PATH`, and a process has but one of them."""
        return name.upper() if self is Shell.CMD else name

    def quote(self, word: str) -> str:
        """A word as it may be typed into the shell."""
        return shown_word(word) if self is Shell.CMD else shlex.quote(word)

    def join(self, words: Iterable[str]) -> str:
        """A program with its arguments as it may be typed into the shell."""
        return " ".join(map(self.quote, words))

    def argv(self, text: str) -> tuple[str, ...]:
        """How the shell is called with a text; cmd.exe takes all behind `/c` as it is, without quotes of C."""
        match self:
            case Shell.SH | Shell.BASH:
                return (self.value, "-c", text)
            case Shell.CMD:
                return ("cmd", "/d", "/s", "/c", text)
            case _:
                assert_never(self)
