"""Neutralize text of builds, projects and servers, so that it cannot control the terminal or the CI.

Terminals interpret escape sequences in output, and CIs interpret commands such as `##vso[task.setvariable ...]` and
`::add-mask::`. All text that cibw did not write itself is neutralized here.
"""

from __future__ import annotations

import re

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
