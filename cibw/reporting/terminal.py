"""The style of text on a terminal: colours, width, and formatted numbers."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from cibw.ci import ci_facts
from cibw.reporting.streams import CI_FOLDS, LogGroupStyle, neutral_line

# The style of text on a stream: colours, symbols, width and log groups.

_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalStyle:
    """The capabilities of a stream; `width` is in columns.

    `output` says whether commands and their output are shown. If not, and lines of the stream can be overwritten
    (`redraws`), the running step is shown until it ends.
    """

    width: int = 100
    colour: bool = False
    unicode: bool = True
    group_style: LogGroupStyle = LogGroupStyle.NONE
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
    return is_terminal or ci_facts(environment).provider in CI_FOLDS


def wants_unicode(encoding: str | None) -> bool:
    """Whether an encoding has the symbols that the console uses."""
    try:
        "✓✗⚠│─→".encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


# Wrap text to the width of a terminal.

_WORST_WIDTH = 100
_LEAST_WIDTH = 20


def wrapped(text: str, style: TerminalStyle, indent: int = 2) -> list[str]:
    """Wrap a text with an indent. Lines keep their own indent, and long paths are not broken."""
    width = min(style.width, _WORST_WIDTH) - indent
    lines: list[str] = []
    for paragraph in text.splitlines():
        lines += _pieces(paragraph, width) or [""]
    return [f"{' ' * indent}{line}".rstrip() for line in lines]


def _pieces(paragraph: str, width: int) -> list[str]:
    words = paragraph.strip()
    own = paragraph[: paragraph.find(words)] if words else ""
    room = max(_LEAST_WIDTH, width - len(own))
    lines = textwrap.wrap(words, room, break_long_words=False, break_on_hyphens=False)
    return [f"{own}{line}" for line in lines]


def with_arrow(text: str, style: TerminalStyle, indent: int = 2) -> list[str]:
    """A hint, wrapped after an arrow."""
    arrow = style.symbol("→", "->")
    first, *rest = wrapped(text, style, indent + len(arrow) + 1)
    return [f"{' ' * indent}{style.good(arrow)} {first.strip()}", *rest]


def dimmed(text: str, style: TerminalStyle, indent: int = 2) -> list[str]:
    """A note, wrapped and dimmed."""
    return [f"{' ' * indent}{style.dim(line.strip())}" for line in wrapped(text, style, indent)]


# Format numbers, times and exit codes.

_EXIT_CODES = {
    126: "the program was found but could not be started",
    127: "command not found",
    130: "interrupted",
    132: "illegal instruction; built for another processor",
    134: "aborted",
    135: "bus error",
    136: "floating point exception",
    137: "killed, probably out of memory",
    139: "segmentation fault",
    141: "broken pipe",
    143: "terminated",
    9009: "command not found",
}
_LOWEST_STATUS = 0x8000_0000
"""Windows exit codes are 32-bit status values; some programs print them as negative numbers."""
_STATUSES = {
    0x8000_0003: "breakpoint; an assertion of the program failed",
    0xC000_0005: "access violation",
    0xC000_0006: "cannot read a file of the running program",
    0xC000_0017: "out of memory",
    0xC000_001D: "illegal instruction; built for another processor",
    0xC000_007B: "invalid program or DLL, or built for another processor",
    0xC000_008E: "floating point exception",
    0xC000_0094: "integer division by zero",
    0xC000_00FD: "stack overflow",
    0xC000_0135: "a required DLL was not found",
    0xC000_0138: "a required function is missing from a DLL",
    0xC000_0139: "a required function is missing from a DLL; probably the wrong version of the DLL was found",
    0xC000_013A: "interrupted",
    0xC000_0142: "a required DLL failed to initialize",
    0xC000_0374: "heap corruption; something wrote past the end of allocated memory",
    0xC000_0409: "abort() was called, or a stack buffer overrun",
    0xC06D_007E: "a delay-loaded DLL was not found",
    0xC06D_007F: "a function is missing from a delay-loaded DLL",
    0xE06D_7363: "uncaught C++ exception",
}


def duration(seconds: float) -> str:
    """A time span, e.g. `0.4 s`, `1 min 05 s`, `1 h 02 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def size(count: int) -> str:
    """A number of bytes, e.g. `812 B`, `17.4 kB`, `3.2 MB`."""
    if count < 1000:
        return f"{count} B"
    amount = count / 1000
    for unit in ("kB", "MB"):
        if amount < 999.95:
            return f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def count(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun, e.g. `1 wheel`, `3 wheels`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def cached(tool: str, hits: int, files: int) -> str:
    """The hits of a compiler cache, e.g. `5 of 7 files from ccache`."""
    return f"{hits} of {count(files, 'file')} from {tool}"


def exit_code(code: int) -> str:
    """An exit code and what it usually means; a negative one is a signal, a very large one a Windows status."""
    status = code & 0xFFFF_FFFF
    if status >= _LOWEST_STATUS and abs(code) > 0xFFFF:
        meaning = _STATUSES.get(status, "")
        return f"exit code 0x{status:08X}" + (f" ({meaning})" if meaning else "")
    known = _EXIT_CODES.get(128 - code if code < 0 else code, "")
    if code < 0:
        return f"signal {-code}" + (f" ({known})" if known else "")
    if known:
        return f"exit code {code} ({known})"
    return f"exit code {code}" + (f" (signal {code - 128})" if 128 < code < 160 else "")
