"""The context of every command: arguments, environment, terminal, cache."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cibw.cli.command_line import CommandLine
from cibw.cli.secrets import learn_environment
from cibw.errors import ConfigurationError, Mistake
from cibw.model.identifier import BuildIdentifier
from cibw.model.target import Platform
from cibw.reporting.fold import FOLD_MODES, detect_fold, is_ci
from cibw.reporting.look import Look, wants_colour, wants_unicode
from cibw.reporting.masking import Masker
from cibw.running.probe import read_environment, read_platform

_WIDE = 160
"""The width without a terminal: wide enough for complete hashes."""
_TRUE = ("y", "yes", "t", "true", "on", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of the program: the command line and its context."""

    line: CommandLine
    environment: Mapping[str, str]
    working_dir: Path
    look: Look
    mask: Masker = field(default_factory=Masker, repr=False, compare=False)

    @classmethod
    def start(cls, line: CommandLine, mask: Masker | None = None) -> Session:
        """Read the environment and the terminal; `mask` learns the secrets of the environment."""
        environment = read_environment()
        look = _look(environment, is_verbose=line.verbose)
        mask = mask or Masker()
        learn_environment(mask, environment)
        return cls(line=line, environment=environment, working_dir=Path.cwd(), look=look, mask=mask)

    def check(self) -> None:
        """Check the variables that are not options; ConfigurationError for an unknown value."""
        mode = self.environment.get("CIBW_LOG_FOLD_MODE", "").lower()
        if mode and mode not in FOLD_MODES:
            mistake = Mistake(
                place="CIBW_LOG_FOLD_MODE",
                message=f"{mode!r} is not a valid fold mode.",
                hint=f"Valid modes: {', '.join(FOLD_MODES)}. By default, the mode of the CI is used.",
            )
            raise ConfigurationError("CIBW_LOG_FOLD_MODE has an unknown value.", mistakes=(mistake,))

    @property
    def stream_for_people(self) -> IO[str]:
        """The stream for human-readable output: standard output, or standard error with --json."""
        return sys.stderr if self.line.as_json else sys.stdout

    @property
    def shows_traceback(self) -> bool:
        """Whether to show tracebacks."""
        return self.line.debug_traceback or self.is_on("CIBW_DEBUG_TRACEBACK")

    @property
    def cache_dir(self) -> Path:
        """The cache directory."""
        chosen = self.environment.get("CIBW_CACHE_PATH")
        if chosen:
            return self.working_dir / chosen
        from platformdirs import user_cache_path

        return user_cache_path("cibw", appauthor=False)

    @property
    def cache_project(self) -> str:
        """The name of the project in per-project caches: CIBW_CACHE_PROJECT, else its path."""
        named = self.environment.get("CIBW_CACHE_PROJECT", "").strip()
        return named or str((self.working_dir / self.line.package).resolve())

    def is_on(self, variable: str) -> bool:
        """Whether an environment variable is set to a true value."""
        return self.environment.get(variable, "").lower() in _TRUE

    def platform(self) -> Platform:
        """The platform to build for: from the arguments, from the identifier of --only, or this computer's platform."""
        if self.line.only:
            return _platform_of(self.line.only, "--only")
        if self.line.identifier:
            return _platform_of(self.line.identifier, "IDENTIFIER")
        asked = self.line.platform or self.environment.get("CIBW_PLATFORM", "")
        known = {platform.value: platform for platform in Platform}
        if asked in ("", "auto"):
            return read_platform()
        if asked not in known:
            raise ConfigurationError(
                f"CIBW_PLATFORM is {asked!r}, which is not a platform.", hint=f"Platforms: auto, {', '.join(known)}."
            )
        return known[asked]


def _platform_of(identifier: str, argument: str) -> Platform:
    try:
        return BuildIdentifier.parse(identifier).platform
    except ValueError as error:
        raise ConfigurationError(
            f"{argument}: {error}", hint="`cibw --print-build-identifiers --archs all --enable all` lists them."
        ) from error


def _look(environment: Mapping[str, str], *, is_verbose: bool) -> Look:
    is_terminal = sys.stdout.isatty()
    # In a CI or a file, nobody watches the log files, so the stream shows all output.
    shows_output = is_verbose or not is_terminal or is_ci(environment)
    return Look(
        colour=wants_colour(environment, is_terminal=is_terminal),
        unicode=wants_unicode(sys.stdout.encoding),
        width=_columns(environment, is_terminal=is_terminal),
        fold=detect_fold(environment),
        output=shows_output,
        redraws=not shows_output and environment.get("TERM") != "dumb",
    )


def _columns(environment: Mapping[str, str], *, is_terminal: bool) -> int:
    """The width from COLUMNS, else from the terminal."""
    chosen = environment.get("COLUMNS", "")
    if re.fullmatch("[0-9]{1,5}", chosen) and int(chosen):
        return int(chosen)
    return (os.get_terminal_size(sys.stdout.fileno()).columns if is_terminal else 0) or _WIDE
