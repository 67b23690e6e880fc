"""Dependency groups of a pyproject.toml (PEP 735)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cibw.config.problems import BadValueError, did_you_mean
from cibw.config.toml import TomlTable, TomlValue, as_table

_DEEPEST = 50


def group_requirements(pyproject: TomlTable | None, name: str) -> tuple[str, ...]:
    """The requirements of a dependency group, with included groups expanded in place.

    ValueError if the table or the group is missing, includes itself, or contains anything else.
    """
    table = as_table((pyproject or {}).get("dependency-groups"))
    groups = {_normal(key): value for key, value in table.items()}
    if not groups:
        hint = f"add [dependency-groups] with a list {name!r} to the package's pyproject.toml"
        raise BadValueError(f"there is no dependency group {name!r}: the package has no [dependency-groups]", hint)
    return _Resolution(groups).requirements(name)


@dataclass(frozen=True, slots=True)
class _Resolution:
    """The groups, and the requirements of those already resolved, by normalized name.

    Each group is resolved once, and each requirement is listed once. Otherwise, groups that include each other
    twice would double in size at each level.
    """

    groups: TomlTable
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def requirements(self, name: str, parents: tuple[str, ...] = ()) -> tuple[str, ...]:
        key = _normal(name)
        if key in parents:
            raise BadValueError(f"the dependency group {name!r} includes itself: {' -> '.join((*parents, key))}")
        if len(parents) > _DEEPEST:
            raise BadValueError(f"dependency groups are nested more than {_DEEPEST} levels deep")
        if key not in self.known:
            found = (self._member(name, member, (*parents, key)) for member in self._members(name, key))
            self.known[key] = tuple(dict.fromkeys(one for requirements in found for one in requirements))
        return self.known[key]

    def _members(self, name: str, key: str) -> tuple[TomlValue, ...]:
        members = self.groups.get(key)
        if members is None:
            known = f"known groups are {', '.join(sorted(self.groups))}"
            raise BadValueError(
                f"there is no dependency group {name!r}", did_you_mean(key, self.groups, fallback=known)
            )
        if not isinstance(members, tuple):
            raise BadValueError(f"the dependency group {name!r} is not an array")
        return members

    def _member(self, name: str, member: TomlValue, parents: tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(member, str):
            return (member,)
        included = as_table(member).get("include-group")
        if not isinstance(included, str):
            hint = 'a group can contain requirements and { include-group = "name" }'
            raise BadValueError(f"the dependency group {name!r} contains an item that is not a requirement", hint)
        return self.requirements(included, parents)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
