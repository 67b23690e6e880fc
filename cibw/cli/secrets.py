"""Which values of the environment and of a plan are secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from cibw.model.images import ContainerSpec
from cibw.model.plan import Job, Plan

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|(?:API|ACCESS|SECRET|PRIVATE)_?KEY)$",
    re.IGNORECASE,
)
_PUBLISHES = re.compile(
    r"(?:TWINE|UV_PUBLISH|CIBW_PUBLISH|FLIT|PDM_PUBLISH|POETRY_PYPI|HATCH_INDEX|ACTIONS_ID_TOKEN_REQUEST)_",
    re.IGNORECASE,
)
_LETS_IN = re.compile(r"USER|PASSWORD|TOKEN|AUTH", re.IGNORECASE)
_OF_AN_INDEX = re.compile(r"UV_INDEX_\w+_PASSWORD", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"://[^/@:\s]*:([^/@\s]+)@")


def secrets_of(environment: Mapping[str, str], plan: Plan | None = None) -> tuple[str, ...]:
    """Values of variables whose names speak of secrets, and passwords in addresses.

    Looks at the user's environment and, where there is a plan, at what its configuration sets.
    """
    pairs = list(environment.items())
    for job in plan.jobs if plan else ():
        pairs.extend(_pairs_of(job))
    return tuple(dict.fromkeys(secrets_in(pairs)))


def _pairs_of(job: Job) -> Iterator[tuple[str, str]]:
    builds = [(*build.environment, *build.test_environment) for build in job.builds]
    for expressions in (job.environment, *builds):
        for expression in expressions:
            yield from ((expression.name, part) for part in expression.parts if isinstance(part, str))
    if isinstance(job.machine, ContainerSpec):
        yield from job.machine.engine.create.environment


def is_secret_name(name: str) -> bool:
    """Whether the name of a variable speaks of a secret."""
    return _SECRET_NAME.search(name) is not None


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


def secrets_in(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The values, by their names, that are secrets, and the passwords in addresses."""
    for name, value in pairs:
        if value and is_secret_name(name):
            yield value
        yield from _PASSWORD_IN_URL.findall(value)
