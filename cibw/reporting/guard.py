"""Streams that let nothing through which is secret, or has power over the terminal or the CI."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TextIO

from cibw.reporting.neutral import neutral


class GuardedStream(io.StringIO):
    """Stands before a stream of the terminal; all that is written is masked and made harmless.

    Colours stay. What cibw itself has to say to the CI or the terminal goes through `write_command`.
    """

    encoding: str = "utf-8"

    def __init__(self, stream: TextIO, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._stream = stream
        self._mask = mask
        self._held = ""
        self.encoding = stream.encoding or "utf-8"

    def write(self, text: str, /) -> int:
        """Write a text; gives how long it was."""
        # A line that begins in the midst of a line can be no command.
        shown = neutral(f"{self._held}{self._mask(text)}", colour=True)
        self._stream.write(shown[len(self._held) :])
        if text:
            self._held = "" if text.endswith("\n") else "x"
        return len(text)

    def write_command(self, text: str) -> None:
        """Write a text as it is: one that cibw has made for the CI or the terminal."""
        self._stream.write(text)

    def flush(self) -> None:
        """Hand on what the stream has kept."""
        self._stream.flush()

    def fileno(self) -> int:
        """The descriptor of the stream."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether somebody sits before the stream."""
        return self._stream.isatty()


def write_command(stream: IO[str], text: str) -> None:
    """Write what cibw itself says to the CI or the terminal, past any guard."""
    if isinstance(stream, GuardedStream):
        stream.write_command(text)
    else:
        stream.write(text)
