"""The context of a command: arguments, environment, terminal, cache directory and secrets."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cibw.ci import ci_facts
from cibw.cli.arguments import CommandLine
from cibw.errors import ConfigurationError, Mistake, truth
from cibw.execution.host.probe import read_environment, read_platform
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import ContainerSpec
from cibw.reporting.masking import Masker, is_secret_name
from cibw.reporting.streams import FOLD_MODES, detect_group_style
from cibw.reporting.terminal import TerminalStyle, wants_colour, wants_unicode

if TYPE_CHECKING:
    from cibw.config.options import Options
    from cibw.model.plan import Job, Plan


# Find the secrets in the environment and the plan.

_PUBLISHES = re.compile(
    r"(?:TWINE|UV_PUBLISH|CIBW_PUBLISH|FLIT|PDM_PUBLISH|POETRY_PYPI|HATCH_INDEX|ACTIONS_ID_TOKEN_REQUEST)_",
    re.IGNORECASE,
)
_LETS_IN = re.compile(r"USER|PASSWORD|TOKEN|AUTH", re.IGNORECASE)
_OF_AN_INDEX = re.compile(r"UV_INDEX_\w+_PASSWORD|NETRC", re.IGNORECASE)


def learn_environment(mask: Masker, environment: Mapping[str, str]) -> None:
    """Mask the secrets of an environment; CIBW_SECRETS has name patterns for more."""
    mask.watch(environment.get("CIBW_SECRETS", "").split(), {})
    mask.hear(environment.items())


def learn_from(mask: Masker, plan: Plan, options: Options, environment: Mapping[str, str]) -> None:
    """Mask the secrets in the configuration of a run: values of variables, and settings of the build backend."""
    mask.watch(options.secrets, environment)
    mask.spare(map(str, plan.identifiers))
    for job in plan.jobs:
        mask.hear(_pairs_of(job))
    for identifier in plan.identifiers:
        settings = options.for_identifier(identifier).config_settings
        mask.hear((name, part) for name, value in settings for part in value.parts if isinstance(part, str))


def _pairs_of(job: Job) -> Iterator[tuple[str, str]]:
    builds = [(*build.environment, *build.test_environment) for build in job.builds]
    for expressions in (job.environment, *builds):
        for expression in expressions:
            yield from ((expression.name, part) for part in expression.parts if isinstance(part, str))
    if isinstance(job.machine, ContainerSpec):
        yield from job.machine.engine.create.environment


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables for programs that only build, without secrets and variables for publishing.

    The variables that uv needs to download build requirements from the user's index are kept.
    """
    return {
        name: value
        for name, value in environment.items()
        if _OF_AN_INDEX.fullmatch(name) or not (is_secret_name(name) or _PUBLISHES.match(name))
    }


def without_logins(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables for commands of a build: hooks may need secrets, but never the credentials for publishing."""
    return {
        name: value for name, value in environment.items() if not (_PUBLISHES.match(name) and _LETS_IN.search(name))
    }


# The context of every command: arguments, environment, terminal, cache.

_WIDE = 160
"""The width without a terminal: wide enough for complete hashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of the program: the command line and its context."""

    line: CommandLine
    environment: Mapping[str, str]
    working_dir: Path
    style: TerminalStyle
    mask: Masker = field(default_factory=Masker, repr=False, compare=False)

    @classmethod
    def start(cls, line: CommandLine, mask: Masker | None = None) -> Session:
        """Read the environment and the terminal; `mask` learns the secrets of the environment."""
        environment = read_environment()
        style = _style(environment, is_verbose=line.verbose)
        mask = mask or Masker()
        learn_environment(mask, environment)
        return cls(line=line, environment=environment, working_dir=Path.cwd(), style=style, mask=mask)

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
        return bool(truth(self.environment.get(variable, "")))

    def platform(self, identifier: str = "") -> Platform:
        """The platform to build for: from an identifier, --only or --platform, or this computer's platform."""
        if self.line.only:
            return _platform_of(self.line.only, "--only")
        if identifier:
            return _platform_of(identifier, "IDENTIFIER")
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


def _style(environment: Mapping[str, str], *, is_verbose: bool) -> TerminalStyle:
    is_terminal = sys.stdout.isatty()
    # In a CI or a file, nobody watches the log files, so the stream shows all output.
    shows_output = is_verbose or not is_terminal or ci_facts(environment).is_ci
    return TerminalStyle(
        colour=wants_colour(environment, is_terminal=is_terminal),
        unicode=wants_unicode(sys.stdout.encoding),
        width=_columns(environment, is_terminal=is_terminal),
        group_style=detect_group_style(environment),
        output=shows_output,
        redraws=not shows_output and environment.get("TERM") != "dumb",
    )


def _columns(environment: Mapping[str, str], *, is_terminal: bool) -> int:
    """The width from COLUMNS, else from the terminal."""
    chosen = environment.get("COLUMNS", "")
    if re.fullmatch("[0-9]{1,5}", chosen) and int(chosen):
        return int(chosen)
    return (os.get_terminal_size(sys.stdout.fileno()).columns if is_terminal else 0) or _WIDE
