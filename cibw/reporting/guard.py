"""Streams that mask secrets and neutralize commands to the terminal or the CI."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TextIO

from cibw.reporting.neutral import neutral


class GuardedStream(io.StringIO):
    """Wraps a stream of the terminal; all output is masked and neutralized.

    Colours are kept. cibw's own commands to the CI or the terminal go through `write_command`.
    """

    encoding: str = "utf-8"

    def __init__(self, stream: TextIO, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._stream = stream
        self._mask = mask
        self._held = ""
        self.encoding = stream.encoding or "utf-8"

    def write(self, text: str, /) -> int:
        """Write a text and return its length."""
        # Text that continues a line cannot be a command.
        shown = neutral(f"{self._held}{self._mask(text)}", colour=True)
        self._stream.write(shown[len(self._held) :])
        if text:
            self._held = "" if text.endswith("\n") else "x"
        return len(text)

    def write_command(self, text: str) -> None:
        """Write a text unchanged: a command of cibw for the CI or the terminal."""
        self._stream.write(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def fileno(self) -> int:
        """The file descriptor of the stream."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()


def write_command(stream: IO[str], text: str) -> None:
    """Write a command of cibw to the CI or the terminal, bypassing any guard."""
    if isinstance(stream, GuardedStream):
        stream.write_command(text)
    else:
        stream.write(text)
