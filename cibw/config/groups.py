"""Dependency groups of a pyproject.toml (PEP 735)."""

from __future__ import annotations

import re

from cibw.config.problems import BadValueError, did_you_mean
from cibw.config.toml import TomlTable, TomlValue, as_table


def group_requirements(pyproject: TomlTable | None, name: str) -> tuple[str, ...]:
    """The requirements of a dependency group, those of the groups that it includes in their place.

    ValueError where the table or the group is missing, includes itself, or holds something else.
    """
    table = as_table((pyproject or {}).get("dependency-groups"))
    groups = {_normal(key): value for key, value in table.items()}
    if not groups:
        hint = f"add [dependency-groups] with a list {name!r} to the package's pyproject.toml"
        raise BadValueError(f"there is no dependency group {name!r}: the package has no [dependency-groups]", hint)
    return _resolve(groups, name, ())


def _resolve(groups: TomlTable, name: str, parents: tuple[str, ...]) -> tuple[str, ...]:
    key = _normal(name)
    if key in parents:
        raise BadValueError(f"the dependency group {name!r} includes itself: {' -> '.join((*parents, key))}")
    members = groups.get(key)
    if members is None:
        known = f"known groups are {', '.join(sorted(groups))}"
        raise BadValueError(f"there is no dependency group {name!r}", did_you_mean(key, groups, fallback=known))
    if not isinstance(members, tuple):
        raise BadValueError(f"the dependency group {name!r} is no array")
    found = (_member(groups, name, member, (*parents, key)) for member in members)
    return tuple(requirement for requirements in found for requirement in requirements)


def _member(groups: TomlTable, name: str, member: TomlValue, parents: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(member, str):
        return (member,)
    included = as_table(member).get("include-group")
    if not isinstance(included, str):
        hint = 'it may hold requirements and { include-group = "name" }'
        raise BadValueError(f"the dependency group {name!r} holds something that is no requirement", hint)
    return _resolve(groups, included, parents)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
