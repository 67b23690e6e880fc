"""Find the secrets in the environment and the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cibw.model.images import ContainerSpec
from cibw.model.secret_names import is_secret_name
from cibw.reporting.masking import Masker

if TYPE_CHECKING:
    from cibw.config.options import Options
    from cibw.model.plan import Job, Plan

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
