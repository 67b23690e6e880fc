"""Which values of the environment and of a plan are secrets."""

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
    """Mask the secrets of an environment; CIBW_SECRETS has patterns of the names of further ones."""
    mask.watch(environment.get("CIBW_SECRETS", "").split(), {})
    mask.hear(environment.items())


def learn_from(mask: Masker, plan: Plan, options: Options, environment: Mapping[str, str]) -> None:
    """Mask what the configuration of a run says that is secret: values of variables, and settings of the backend."""
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
    """The variables that a program which only builds may see: none that is a secret or serves to publish.

    What uv fetches build requirements with, from an index of the user's own, stays.
    """
    return {
        name: value
        for name, value in environment.items()
        if _OF_AN_INDEX.fullmatch(name) or not (is_secret_name(name) or _PUBLISHES.match(name))
    }


def without_logins(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that commands of a build may see: its hooks may need secrets, but never what lets it publish."""
    return {
        name: value for name, value in environment.items() if not (_PUBLISHES.match(name) and _LETS_IN.search(name))
    }
