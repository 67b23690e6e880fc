"""Which variables of the host belong to the key of a wheel that is built there."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_OF_THE_SESSION = re.compile(
    # Where the user is, and what with.
    r"(PWD|OLDPWD|SHLVL|_|TERM|COLORTERM|COLUMNS|LINES|WINDOWID|DISPLAY|WAYLAND_DISPLAY|TMPDIR|TMUX|TMUX_PANE|STY"
    r"|PS[0-4]|PROMPT_COMMAND|LS_COLORS|MAIL|EDITOR|VISUAL|PAGER|LESS|LESSOPEN|LESSCLOSE|GPG_TTY|INVOCATION_ID"
    r"|JOURNAL_STREAM|SESSION_MANAGER|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|PY_COLORS|PYTEST_CURRENT_TEST"
    r"|(TERM|SSH|XDG|DBUS|GNOME|GTK|KDE|KONSOLE|VTE|ITERM|KITTY|VSCODE|DESKTOP|SUDO)_.*|HIST(FILE|SIZE|CONTROL|FILESIZE)"
    # The options of cibw stand in the plan, as far as they matter.
    r"|CIBW_.*"
    # The number of a run in a CI, and where its files are.
    r"|(ACTIONS|RUNNER)_.*|GITHUB_(RUN_.*|ACTION.*|ENV|JOB|OUTPUT|PATH|STATE|STEP_SUMMARY|EVENT_PATH|TOKEN)"
    r"|CI_(JOB|PIPELINE|RUNNER)_.*)"
)


def variables_that_count(environment: Mapping[str, str], foreign: Collection[str]) -> dict[str, str]:
    """All but those of the terminal and the session, those of a CI's run, and those that no build sees."""
    return {
        name: value
        for name, value in environment.items()
        if name not in foreign and not _OF_THE_SESSION.fullmatch(name)
    }
