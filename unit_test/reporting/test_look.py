from __future__ import annotations

import pytest

from cibw.reporting.streams import Level, LogGroupStyle, annotation, detect_group_style
from cibw.reporting.terminal import TerminalStyle, count, duration, exit_code, size, wants_colour, wants_unicode


@pytest.mark.parametrize(
    ("environment", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, True, False),
        ({"GITHUB_ACTIONS": "true"}, False, True),
        ({"GITHUB_ACTIONS": "false", "GITLAB_CI": "0", "TF_BUILD": "", "TRAVIS": "False"}, False, False),
    ],
)
def test_who_wants_colours(environment: dict[str, str], is_terminal: bool, expected: bool) -> None:
    assert wants_colour(environment, is_terminal=is_terminal) is expected


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", True), (None, True), ("ascii", False), ("cp1252", False), ("?", False)]
)
def test_who_has_the_symbols(encoding: str | None, expected: bool) -> None:
    assert wants_unicode(encoding) is expected


@pytest.mark.parametrize(
    ("line", "plain", "coloured"),
    [
        ("a\x1b[31mb\x1b[0m", "ab", "a\x1b[31mb\x1b[0m\x1b[0m"),
        ("10 %\r20 %\r", "20 %", "20 %"),
        ("\x1b[2K\x1b[1Aup", "up", "up"),
        ("\x1b]0;title\x07text", "text", "text"),
        ("bell\x07\x00", "bell", "bell"),
        ("tab\there", "tab\there", "tab\there"),
    ],
)
def test_output_is_cleaned(line: str, plain: str, coloured: str) -> None:
    assert TerminalStyle().clean(line) == plain
    assert TerminalStyle(colour=True).clean(line) == coloured


@pytest.mark.parametrize(
    ("environment", "style"),
    [
        ({}, LogGroupStyle.NONE),
        ({"GITHUB_ACTIONS": "true"}, LogGroupStyle.GITHUB),
        ({"GITHUB_ACTIONS": "false"}, LogGroupStyle.NONE),
        ({"GITLAB_CI": "true"}, LogGroupStyle.GITLAB),
        ({"TF_BUILD": "True"}, LogGroupStyle.AZURE),
        ({"TRAVIS": "true"}, LogGroupStyle.TRAVIS),
        ({"GITHUB_ACTIONS": "true", "CIBW_LOG_FOLD_MODE": "disabled"}, LogGroupStyle.NONE),
        ({"GITHUB_ACTIONS": "true", "CIBW_LOG_FOLD_MODE": "gitlab"}, LogGroupStyle.GITLAB),
        ({"CIBW_LOG_FOLD_MODE": "Azure"}, LogGroupStyle.AZURE),
        ({"TF_BUILD": "True", "CIBW_LOG_FOLD_MODE": ""}, LogGroupStyle.AZURE),
    ],
)
def test_the_ci_is_known_by_its_variable(environment: dict[str, str], style: LogGroupStyle) -> None:
    assert detect_group_style(environment) is style


def test_annotations_are_escaped() -> None:
    github = annotation(LogGroupStyle.GITHUB, Level.ERROR, "a: b, 5%", "one\ntwo: 5%")
    assert github == "::error title=a%3A b%2C 5%25::one%0Atwo: 5%25"
    azure = annotation(LogGroupStyle.AZURE, Level.WARNING, "a", "one\ntwo")
    assert azure == "##vso[task.logissue type=warning]a: one two"
    assert annotation(LogGroupStyle.GITLAB, Level.WARNING, "a", "b") == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (59.9, "59.9 s"),
        (59.96, "1 min 00 s"),
        (65, "1 min 05 s"),
        (3599.9, "1 h 00 min"),
        (7380, "2 h 03 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_960, "1.0 MB"), (3_200_000_000, "3.2 GB")]
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text


def test_counts() -> None:
    assert [count(1, "wheel"), count(2, "wheel"), count(2, "entry", "entries")] == ["1 wheel", "2 wheels", "2 entries"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (1, "exit code 1"),
        (127, "exit code 127 (command not found)"),
        (137, "exit code 137 (killed, probably out of memory)"),
        (139, "exit code 139 (segmentation fault)"),
        (-11, "signal 11 (segmentation fault)"),
        (-40, "signal 40"),
        (131, "exit code 131 (signal 3)"),
        (255, "exit code 255"),
    ],
)
def test_exit_codes(code: int, text: str) -> None:
    assert exit_code(code) == text
