"""A cursor for reading shell text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_DEEPEST = 50


@dataclass(slots=True)
class Cursor:
    """A text and the position up to which it has been read."""

    text: str
    position: int = 0
    depth: int = 0

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Enter a nesting level for the duration of the context; ValueError if the text is nested too deeply."""
        if self.depth >= _DEEPEST:
            raise ValueError(f"quotes, braces and parentheses are nested more than {_DEEPEST} levels deep")
        self.depth += 1
        yield
        self.depth -= 1

    @property
    def at_end(self) -> bool:
        """Whether the whole text has been read."""
        return self.position >= len(self.text)

    def peek(self, length: int = 1) -> str:
        """The next characters, fewer at the end of the text."""
        return self.text[self.position : self.position + length]

    def previous(self) -> str:
        """The character before; empty at the start."""
        return self.text[self.position - 1 : self.position] if self.position else ""

    def take(self, length: int = 1) -> str:
        """Read the next characters."""
        taken = self.peek(length)
        self.position += length
        return taken

    def skip(self, prefix: str) -> bool:
        """Read this text if it comes next; return whether it did."""
        found = self.text.startswith(prefix, self.position)
        self.position += len(prefix) * found
        return found

    def take_match(self, pattern: re.Pattern[str]) -> str:
        """Read what the pattern matches here; empty if it does not match."""
        match = pattern.match(self.text, self.position)
        return self.take(match.end() - self.position) if match else ""
