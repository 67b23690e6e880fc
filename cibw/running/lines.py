"""Splits the byte output of a command into lines of text."""

from __future__ import annotations

from collections.abc import Callable

from cibw.running.machine import OutputSink

LINE_LIMIT = 1 << 20
"""Maximum bytes of a line. Longer lines are passed on in pieces."""
TEXT_LIMIT = 2 << 20
"""Maximum bytes of standard output that are kept for the outcome. The rest is only passed on as lines.

Concurrent builds each keep this much, and no environment variable can hold more than a part of it.
"""


class LineSplitter:
    r"""Yields the lines of a stream of bytes, regardless of its chunks.

    A line ends with `\n` or `\r\n`. Of a progress display, which overwrites its line after each `\r`, only the last
    state is kept. A line that is not UTF-8 is decoded with `otherwise`; bytes that are invalid there, too, become
    replacement characters.
    """

    def __init__(self, emit: Callable[[str], None], otherwise: str = "utf-8") -> None:
        self._emit = emit
        self._otherwise = otherwise
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk, and yield the lines that end in it."""
        first, *others = chunk.split(b"\n")
        self._rest += first
        for piece in others:
            self._give(self._rest)
            self._rest = bytearray(piece)
        if len(self._rest) > LINE_LIMIT:
            self._shorten()

    def close(self) -> None:
        """Yield the last line, if it is not terminated."""
        if self._rest:
            self._give(self._rest)
            self._rest.clear()

    def _shorten(self) -> None:
        head, _, tail = self._rest.rpartition(b"\r")
        if len(tail) <= LINE_LIMIT:
            # Text before \r is overwritten, unless \n follows immediately.
            self._rest = tail or head.rpartition(b"\r")[2][-LINE_LIMIT:] + b"\r"
            return
        self._give(tail[:LINE_LIMIT])
        self._rest = tail[LINE_LIMIT:]

    def _give(self, line: bytearray) -> None:
        shown = line.rstrip(b"\r").rpartition(b"\r")[2]
        self._emit(_text(shown, self._otherwise))


class OutputSplitter:
    """Passes the lines of both streams of a command to a sink, and keeps the text of standard output."""

    def __init__(self, output: OutputSink, otherwise: str = "utf-8") -> None:
        self._otherwise = otherwise
        self._lines = {
            False: LineSplitter(lambda line: output(line, False), otherwise),
            True: LineSplitter(lambda line: output(line, True), otherwise),
        }
        self._kept = bytearray()

    def feed(self, chunk: bytes, is_error: bool) -> None:
        """Take the next chunk of one of the streams."""
        if not is_error and len(self._kept) < TEXT_LIMIT:
            self._kept += chunk[: TEXT_LIMIT - len(self._kept)]
        self._lines[is_error].feed(chunk)

    def close(self) -> str:
        """Pass on the last lines, and return the text of standard output."""
        for splitter in self._lines.values():
            splitter.close()
        return _text(self._kept, self._otherwise)


def _text(content: bytes | bytearray, otherwise: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(otherwise, "replace")
