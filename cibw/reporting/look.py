"""The style of text on a stream: colours, symbols, width and folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cibw.reporting.fold import FoldStyle
from cibw.reporting.neutral import neutral_line

_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The capabilities of a stream; `width` is in columns.

    `output` says whether commands and their output are shown. If not, and lines of the stream can be overwritten
    (`redraws`), the running step is shown until it ends.
    """

    width: int = 100
    colour: bool = False
    unicode: bool = True
    fold: FoldStyle = FoldStyle.NONE
    output: bool = True
    redraws: bool = False

    def bold(self, text: str) -> str:
        """Emphasized text."""
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        """Dimmed text."""
        return self._paint("2", text)

    def good(self, text: str) -> str:
        """Text about a success."""
        return self._paint("32", text)

    def bad(self, text: str) -> str:
        """Text about a failure."""
        return self._paint("1;31", text)

    def warning(self, text: str) -> str:
        """Text about a warning."""
        return self._paint("1;33", text)

    def symbol(self, unicode: str, ascii_text: str) -> str:
        """A symbol, or its replacement on an ASCII-only stream."""
        return unicode if self.unicode else ascii_text

    def clean(self, line: str) -> str:
        """A line of a command's output, without commands to the terminal or the CI, and without unwanted colours."""
        return neutral_line(line, colour=self.colour)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if self.colour and text else text


def wants_colour(environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether to use colours: NO_COLOR and FORCE_COLOR decide, then the terminal or the CI."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    if environment.get("TERM") == "dumb":
        return False
    return is_terminal or any(environment.get(name) for name in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "TRAVIS"))


def wants_unicode(encoding: str | None) -> bool:
    """Whether an encoding has the symbols that the console uses."""
    try:
        "✓✗⚠│─→".encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
