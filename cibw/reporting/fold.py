"""Folds and annotations in CI logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from cibw.exhaustive import assert_never
from cibw.reporting.neutral import neutral, neutral_line


class FoldStyle(Enum):
    """How a log viewer folds lines."""

    NONE = "none"
    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE = "azure"
    TRAVIS = "travis"


class Level(Enum):
    """The severity of an annotation, with the names of GitHub and Azure."""

    WARNING = "warning"
    ERROR = "error"


_VARIABLES = {
    "GITHUB_ACTIONS": FoldStyle.GITHUB,
    "GITLAB_CI": FoldStyle.GITLAB,
    "TF_BUILD": FoldStyle.AZURE,
    "TRAVIS": FoldStyle.TRAVIS,
}


FOLD_MODES = {
    "azure": FoldStyle.AZURE,
    "github": FoldStyle.GITHUB,
    "gitlab": FoldStyle.GITLAB,
    "travis": FoldStyle.TRAVIS,
    "disabled": FoldStyle.NONE,
}
"""The values of CIBW_LOG_FOLD_MODE."""


def detect_fold(environment: Mapping[str, str]) -> FoldStyle:
    """The style from CIBW_LOG_FOLD_MODE, else that of the detected CI."""
    asked = environment.get("CIBW_LOG_FOLD_MODE", "").lower()
    if asked in FOLD_MODES:
        return FOLD_MODES[asked]
    return next((style for name, style in _VARIABLES.items() if _is_set(environment, name)), FoldStyle.NONE)


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether an environment belongs to a CI: a known one, or any that sets `CI`."""
    return any(_is_set(environment, name) for name in (*_VARIABLES, "CI"))


def _is_set(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").lower() not in ("", "0", "false")


def open_fold(style: FoldStyle, title: str, *, key: str, now: float) -> str:
    """The line that begins a fold; `key` is unique in the log, `now` is in seconds since the epoch."""
    title = neutral_line(title, colour=False)
    match style:
        case FoldStyle.NONE:
            return title
        case FoldStyle.GITHUB:
            return f"::group::{_data(title)}"
        case FoldStyle.GITLAB:
            return f"\x1b[0Ksection_start:{int(now)}:{_key(key)}[collapsed=true]\r\x1b[0K{title}"
        case FoldStyle.AZURE:
            return f"##[group]{title}"
        case FoldStyle.TRAVIS:
            return f"travis_fold:start:{_key(key)}\r{title}"
        case _:
            assert_never(style)


def close_fold(style: FoldStyle, *, key: str, now: float) -> str:
    """The line that ends a fold, or an empty string if the style needs none."""
    match style:
        case FoldStyle.NONE:
            return ""
        case FoldStyle.GITHUB:
            return "::endgroup::"
        case FoldStyle.GITLAB:
            return f"\x1b[0Ksection_end:{int(now)}:{_key(key)}\r\x1b[0K"
        case FoldStyle.AZURE:
            return "##[endgroup]"
        case FoldStyle.TRAVIS:
            return f"travis_fold:end:{_key(key)}\r"
        case _:
            assert_never(style)


def annotation(style: FoldStyle, level: Level, title: str, message: str) -> str:
    """The line that shows a message on the page of the run, or an empty string if the CI does not support it."""
    title, message = neutral(title, colour=False), neutral(message, colour=False)
    match style:
        case FoldStyle.GITHUB:
            return f"::{level.value} title={_property(title)}::{_data(message)}"
        case FoldStyle.AZURE:
            return f"##vso[task.logissue type={level.value}]{' '.join(f'{title}: {message}'.split())}"
        case FoldStyle.NONE | FoldStyle.GITLAB | FoldStyle.TRAVIS:
            return ""
        case _:
            assert_never(style)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _key(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_.-]+", "_", text)
