"""Selects the host variables that belong to the key of a wheel that is built on the host."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_OF_THE_SESSION = re.compile(
    # The location and the terminal of the user.
    r"(PWD|OLDPWD|SHLVL|_|TERM|COLORTERM|COLUMNS|LINES|WINDOWID|DISPLAY|WAYLAND_DISPLAY|TMPDIR|TMUX|TMUX_PANE|STY"
    r"|PS[0-4]|PROMPT_COMMAND|LS_COLORS|MAIL|EDITOR|VISUAL|PAGER|LESS|LESSOPEN|LESSCLOSE|GPG_TTY|INVOCATION_ID"
    r"|JOURNAL_STREAM|SESSION_MANAGER|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|PY_COLORS|PYTEST_CURRENT_TEST"
    r"|(TERM|SSH|XDG|DBUS|GNOME|GTK|KDE|KONSOLE|VTE|ITERM|KITTY|VSCODE|DESKTOP|SUDO)_.*|HIST(FILE|SIZE|CONTROL|FILESIZE)"
    # cibw's options are in the plan, as far as they matter.
    r"|CIBW_.*"
    # The number of a CI run, and the location of its files.
    r"|(ACTIONS|RUNNER)_.*|GITHUB_(RUN_.*|ACTION.*|ENV|JOB|OUTPUT|PATH|STATE|STEP_SUMMARY|EVENT_PATH|TOKEN)"
    r"|CI_(JOB|PIPELINE|RUNNER)_.*)"
)

_NO_INPUTS = re.compile(
    # The user, program directories, and locations of tools and their downloads.
    r"PATH|HOME|SHELL|USER|LOGNAME|TMP|TEMP|MANPATH|INFOPATH|FPATH|ZDOTDIR|ZSH|ENV|BASH_ENV|ANDROID_.*|JAVA_HOME.*|JDK_HOME"
    r"|.*_?CACHE(_.*)?|(NVM|PYENV|RBENV|HOMEBREW|CONDA|MAMBA|_?CE|SDKMAN|DENO|NPM|npm|FZF|STARSHIP|PIPX|SNAP|WSL|LMOD)_.*"
    r"|(DOCKER|AWS|AZURE|GOOGLE|GCLOUD|CLOUDSDK|KUBE|AGENT|GITHUB)_.*|KUBECONFIG|WORKSPACE(_TMP)?"
    # A user's own variables may begin like these, such as BUILD_CONFIG.
    r"|(BUILD|SYSTEM)_[A-Z]+DIRECTORY|BUILD_REPOSITORY_LOCALPATH|PIPELINE_WORKSPACE|CI_(BUILDS|PROJECT)_DIR"
    r"|(CARGO|RUSTUP|VOLTA|PNPM|POETRY|GO)_?HOME|GOPATH|GOROOT|GOBIN|BUN_INSTALL|NODE_PATH|MODULE(PATH|SHOME|_.*)"
    r"|UV_(PYTHON_INSTALL_DIR|PYTHON_BIN_DIR|TOOL_.*|INSTALL_DIR)|PYTHONUSERBASE|PYTHONSTARTUP|PYTHONPYCACHEPREFIX"
    r"|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|UV_SYSTEM_CERTS"
    r"|(PROGRAM|COMMONPROGRAM)FILES.*|PROGRAMDATA|PROGRAMW6432|COMMONPROGRAMW6432|SYSTEMROOT|SYSTEMDRIVE|WINDIR|(LOCAL)?APPDATA"
    r"|ALLUSERSPROFILE|PUBLIC|USERPROFILE|HOMEPATH|HOMEDRIVE|ONEDRIVE.*|COMSPEC|PSMODULEPATH|DRIVERDATA|(VS|VC|UCRT|WINDOWS).*",
    re.IGNORECASE,
)
_PROGRAMS = re.compile(
    r"CC|CXX|CPP|FC|F77|F90|LD|AR|AS|NM|RANLIB|STRIP|OBJCOPY|LDSHARED|LDCXXSHARED|RUSTC|CARGO|CMAKE|NINJA|MAKE|SWIG"
    r"|PKG_CONFIG|.*_(COMPILER|LAUNCHER|WRAPPER|LINKER|PROGRAM)"
)


def names_inputs(name: str) -> bool:
    """Return whether a variable may name files that a build reads, rather than tools or the user's directories."""
    return _NO_INPUTS.fullmatch(name) is None


def names_programs(name: str) -> bool:
    """Return whether a variable names a program that a build may use."""
    return _PROGRAMS.fullmatch(name) is not None


def variables_that_count(environment: Mapping[str, str], foreign: Collection[str]) -> dict[str, str]:
    """Return all variables except those of the terminal, the session and the CI run, and those that no build sees."""
    return {
        name: value
        for name, value in environment.items()
        if name not in foreign and not _OF_THE_SESSION.fullmatch(name)
    }
