"""Output to a terminal or a CI log: neutralized, masked and folded."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import IO, TextIO

from cibw.ci import CiProvider, ci_facts
from cibw.errors import assert_never

# Neutralize text of builds, projects and servers, so that it cannot control the terminal or the CI.
#
# Terminals interpret escape sequences in output, and CIs interpret commands such as `##vso[task.setvariable ...]` and
# `::add-mask::`. All text that cibw did not write itself is neutralized here.

_SEQUENCE = (
    # OSC, DCS, SOS, PM and APC with their payload: titles, the clipboard, links, requests to the terminal.
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    # CSI: colours, cursor movement, clearing the screen, mode changes.
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    # Other sequences of one or two bytes, such as the terminal reset.
    r"|\x1b[ -/]*[0-~]?"
)
_COLOUR = r"\x1b\[[0-9;:]*m"
_CONCEALED = r"[\[;]0*8[;m]"
_EXTENDED = r"[345]8[;:](?:5[;:]\d*|2(?:;\d*){3}|2(?::\d*){3,5})"
_CONTROL = (
    # Bidirectional embeddings and isolates can disguise text.
    "[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
_FOLDS = r"(?<=travis)_(?=(?:fold|time):)|(?<=section)_(?=(?:start|end):)"
_ANYWHERE = rf"##(?=\[|[A-Za-z]+\[)|{_FOLDS}"
"""Azure, GitHub, TeamCity, Travis and GitLab also interpret these within a line."""
_AT_START = r"(?m)^([^\S\n]*):(:[A-Za-z])"
"""GitHub and similar CIs interpret these at the beginning of a line, after spaces."""
_IN_JSON = rf"#(?=#(?:\[|[A-Za-z]+\[))|{_FOLDS}"
_RESET = "\x1b[0m"


def neutral(text: str, *, colour: bool) -> str:
    """A text of any number of lines, without CI commands and control characters other than line feeds and tabs.

    With `colour`, colour sequences are kept. A command is broken by a space, so that it stays readable.
    """
    return _without_commands(_without_controls(text, colour=colour))


def neutral_line(line: str, *, colour: bool) -> str:
    """One line of output; for a progress bar that overwrites itself, the last state."""
    shown = neutral(line.rstrip("\r\n").rpartition("\r")[2].replace("\n", " "), colour=colour)
    return shown + _RESET if "\x1b" in shown else shown


def neutral_json(text: str) -> str:
    """Equivalent JSON without text that a terminal or a CI interprets."""
    text = text if _is_plain(text) else re.sub(_UNSAFE, _escaped, text)
    return re.sub(_IN_JSON, _escaped, text) if _may_command(text) else text


def _without_controls(text: str, *, colour: bool) -> str:
    if _is_plain(text):
        return text
    text = re.sub(_SEQUENCE, lambda match: match[0] if colour and _is_colour(match[0]) else "", text)
    return re.sub(_CONTROL, "", text)


def _is_plain(text: str) -> bool:
    """Whether a text certainly has no control characters; a fast path, because most output has none."""
    return text.replace("\n", "").replace("\t", "").isprintable()


def _may_command(text: str) -> bool:
    return "##" in text or "travis_" in text or "section_" in text


def _without_commands(text: str) -> str:
    if "::" in text:
        text = re.sub(_AT_START, r"\1: \2", text)
    if _may_command(text):
        text = re.sub(_ANYWHERE, lambda match: "# #" if match[0] == "##" else f"{match[0]} ", text)
    return text


def _is_colour(sequence: str) -> bool:
    # Jenkins hides its annotations in concealed text, which is invisible anyway.
    shown = re.sub(_EXTENDED, "0", sequence)
    return re.fullmatch(_COLOUR, sequence) is not None and re.search(_CONCEALED, shown) is None


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in match[0])


# Streams that mask secrets and neutralize commands to the terminal or the CI.


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


# Log groups and annotations in CI logs.


class LogGroupStyle(Enum):
    """How a CI log groups lines."""

    NONE = "none"
    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE = "azure"
    TRAVIS = "travis"


class Level(Enum):
    """The severity of an annotation, with the names of GitHub and Azure."""

    WARNING = "warning"
    ERROR = "error"


CI_FOLDS: Mapping[CiProvider, LogGroupStyle] = {
    CiProvider.GITHUB: LogGroupStyle.GITHUB,
    CiProvider.GITLAB: LogGroupStyle.GITLAB,
    CiProvider.AZURE: LogGroupStyle.AZURE,
    CiProvider.TRAVIS: LogGroupStyle.TRAVIS,
}
"""The CI services whose log viewers fold lines and show colours."""
FOLD_MODES = {
    "azure": LogGroupStyle.AZURE,
    "github": LogGroupStyle.GITHUB,
    "gitlab": LogGroupStyle.GITLAB,
    "travis": LogGroupStyle.TRAVIS,
    "disabled": LogGroupStyle.NONE,
}
"""The values of CIBW_LOG_FOLD_MODE."""


def detect_group_style(environment: Mapping[str, str]) -> LogGroupStyle:
    """The style from CIBW_LOG_FOLD_MODE, else that of the detected CI."""
    asked = environment.get("CIBW_LOG_FOLD_MODE", "").lower()
    if asked in FOLD_MODES:
        return FOLD_MODES[asked]
    return CI_FOLDS.get(ci_facts(environment).provider, LogGroupStyle.NONE)


def open_group(style: LogGroupStyle, title: str, *, key: str, now: float) -> str:
    """The line that begins a log group; `key` is unique in the log, `now` is in seconds since the epoch."""
    title = neutral_line(title, colour=False)
    match style:
        case LogGroupStyle.NONE:
            return title
        case LogGroupStyle.GITHUB:
            return f"::group::{_data(title)}"
        case LogGroupStyle.GITLAB:
            return f"\x1b[0Ksection_start:{int(now)}:{_key(key)}[collapsed=true]\r\x1b[0K{title}"
        case LogGroupStyle.AZURE:
            return f"##[group]{title}"
        case LogGroupStyle.TRAVIS:
            return f"travis_fold:start:{_key(key)}\r{title}"
        case _:
            assert_never(style)


def close_group(style: LogGroupStyle, *, key: str, now: float) -> str:
    """The line that ends a log group, or an empty string if the style needs none."""
    match style:
        case LogGroupStyle.NONE:
            return ""
        case LogGroupStyle.GITHUB:
            return "::endgroup::"
        case LogGroupStyle.GITLAB:
            return f"\x1b[0Ksection_end:{int(now)}:{_key(key)}\r\x1b[0K"
        case LogGroupStyle.AZURE:
            return "##[endgroup]"
        case LogGroupStyle.TRAVIS:
            return f"travis_fold:end:{_key(key)}\r"
        case _:
            assert_never(style)


def annotation(style: LogGroupStyle, level: Level, title: str, message: str) -> str:
    """The line that shows a message on the page of the run, or an empty string if the CI does not support it."""
    title, message = neutral(title, colour=False), neutral(message, colour=False)
    match style:
        case LogGroupStyle.GITHUB:
            return f"::{level.value} title={_property(title)}::{_data(message)}"
        case LogGroupStyle.AZURE:
            return f"##vso[task.logissue type={level.value}]{' '.join(f'{title}: {message}'.split())}"
        case LogGroupStyle.NONE | LogGroupStyle.GITLAB | LogGroupStyle.TRAVIS:
            return ""
        case _:
            assert_never(style)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _key(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_.-]+", "_", text)
