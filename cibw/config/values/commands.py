"""Option values that become commands, settings or variables of a build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from cibw.config.options import AuditCommand
from cibw.config.toml import BadValueError, TomlTable, TomlValue, as_table, did_you_mean
from cibw.config.values.types import (
    SCALAR,
    STRING,
    STRINGS,
    Context,
    OptionForm,
    OptionType,
    Schema,
    Texts,
    as_scalar_text,
    as_texts,
    blank_words,
    join,
    one_of,
    split_words,
    wrong_type,
)
from cibw.model.templates import REPAIRED_DIR, EnvExpr, Placeholder, Template

# Placeholders such as `{project}` in commands and settings.


class PlaceholderName(Enum):
    """A placeholder name."""

    PROJECT = "project"
    PACKAGE = "package"
    WHEEL = "wheel"
    ABI3_WHEEL = "abi3_wheel"
    DEST_DIR = "dest_dir"
    DELOCATE_ARCHS = "delocate_archs"
    LDPATHS = "ldpaths"


Meanings = Mapping[PlaceholderName, Template]


def hook_meanings(package_dir: str) -> dict[PlaceholderName, Template]:
    """The values of {project} and {package}; `package_dir` is a POSIX path relative to the project."""
    package = package_dir.removeprefix("./").strip("/")
    inside = f"/{package}" if package not in ("", ".") else ""
    return {
        PlaceholderName.PROJECT: Template.of(Placeholder.PROJECT),
        PlaceholderName.PACKAGE: Template.of(Placeholder.PROJECT, inside),
    }


def repair_meanings(package_dir: str) -> dict[PlaceholderName, Template]:
    """The placeholders of repair commands: the built wheel and the directory for the repaired one."""
    wheel = {
        PlaceholderName.WHEEL: Template.of(Placeholder.BUILT_WHEEL),
        PlaceholderName.DEST_DIR: REPAIRED_DIR,
        PlaceholderName.DELOCATE_ARCHS: Template.of(Placeholder.DELOCATE_ARCHS),
        PlaceholderName.LDPATHS: Template.of(Placeholder.LDPATHS),
    }
    return hook_meanings(package_dir) | wheel


def meanings_in_tests(package_dir: str) -> dict[PlaceholderName, Template]:
    """The placeholders of test commands."""
    return hook_meanings(package_dir) | {PlaceholderName.WHEEL: Template.of(Placeholder.WHEEL)}


def audit_meanings(package_dir: str) -> dict[PlaceholderName, Template]:
    """The placeholders of audit commands."""
    return meanings_in_tests(package_dir) | {PlaceholderName.ABI3_WHEEL: Template.of(Placeholder.WHEEL)}


def parse_template(text: str, meanings: Meanings) -> Template:
    """Replace names in braces with placeholders; `#{name}` becomes a literal `{name}`.

    Other braces are unchanged.
    """
    pieces = _pattern(meanings).split(text)
    parts: list[str | Template] = []
    for literal, escape, name in zip(pieces[::3], [*pieces[1::3], ""], [*pieces[2::3], ""], strict=True):
        parts.append(literal)
        if escape:
            parts.append(f"{{{name}}}")
        elif name:
            parts.append(meanings[PlaceholderName(name)])
    return Template.of(*parts)


def names_in(text: str, meanings: Meanings) -> frozenset[PlaceholderName]:
    """The placeholders in a text, except escaped ones."""
    return frozenset(PlaceholderName(match[2]) for match in _pattern(meanings).finditer(text) if not match[1])


def _pattern(meanings: Meanings) -> re.Pattern[str]:
    names = "|".join(placeholder.value for placeholder in meanings)
    return re.compile(rf"(#?)\{{({names})\}}")


# Dependency groups of a pyproject.toml (PEP 735).

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


# Types of values for commands, settings and variables of a build.

Commands = tuple[Template, ...]
Settings = tuple[tuple[str, Template], ...]
_REMOVED = ("{python}", "{pip}")


def _placeholder_names(meanings: Callable[[str], Meanings]) -> Texts:
    return tuple(placeholder.value for placeholder in meanings("."))


def command_type(meanings: Callable[[str], Meanings], *, refused: Texts = ()) -> OptionType[Commands]:
    """A type for shell commands; `meanings` returns the placeholders for a package directory."""

    def parse(value: TomlValue, context: Context) -> Commands:
        texts = as_texts(value, lambda text: (text,))
        for text in texts:
            _refuse(text, refused)
        known = meanings(context.package_dir)
        return tuple(parse_template(text.strip(), known) for text in texts if text.strip())

    form = OptionForm(
        shape="string, or array of strings that are joined with `&&`",
        schema=one_of(STRING, STRINGS),
        merging="commands are joined with `&&`",
        placeholders=_placeholder_names(meanings),
    )
    return OptionType(form=form, parse=parse, merge=join)


def _refuse(text: str, refused: Texts) -> None:
    for name in refused:
        if name in text and f"#{name}" not in text:
            program = name.strip("{}")
            raise BadValueError(f"the placeholder {name} no longer exists", f"use plain {program!r} instead")


def _audit_commands(value: TomlValue, context: Context) -> tuple[AuditCommand, ...]:
    texts = as_texts(value, lambda text: tuple(text.split("&&")))
    known = audit_meanings(context.package_dir)
    return tuple(_audit_command(text.strip(), known) for text in texts if text.strip())


def _audit_command(text: str, known: Meanings) -> AuditCommand:
    used = names_in(text, known) & {PlaceholderName.WHEEL, PlaceholderName.ABI3_WHEEL}
    if len(used) != 1:
        count = "both" if used else "neither"
        hint = "use {wheel} to audit every wheel, or {abi3_wheel} to audit only abi3 wheels"
        raise BadValueError(
            f"{text!r} must contain exactly one of {{wheel}} and {{abi3_wheel}}, but contains {count}", hint
        )
    return AuditCommand(template=parse_template(text, known), only_abi3=used == {PlaceholderName.ABI3_WHEEL})


def _environment(value: TomlValue, _: Context) -> tuple[EnvExpr, ...]:
    if value in ("", {}):
        return ()
    # The shell parser is imported only when needed, for a fast startup.
    from cibw.config.shell import parse_assignment, parse_assignments, parse_value

    match value:
        case str():
            return parse_assignments(value)
        case Mapping():
            return tuple(parse_value(name, as_scalar_text(item)) for name, item in value.items())
        case tuple():
            return tuple(parse_assignment(as_scalar_text(item)) for item in value)
        case _:
            raise wrong_type(value, "a string, an array or a table")


def _settings(value: TomlValue, context: Context) -> Settings:
    known = hook_meanings(context.package_dir)
    return tuple((key, parse_template(text, known)) for key, text in _setting_pairs(value, context))


def _setting_pairs(value: TomlValue, context: Context) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield from map(_setting, split_words(value))
        case Mapping():
            for key, items in value.items():
                yield from _pairs_of(key, items, context)
        case _:
            raise wrong_type(value, "a string or a table")


def _pairs_of(key: str, value: TomlValue, context: Context) -> Iterator[tuple[str, str]]:
    match value:
        case Mapping() if value:
            for name, item in value.items():
                full = f"{key}.{name}"
                if not isinstance(item, Mapping):
                    context.note(f'{full} in config-settings is read as one name; quote it as "{full}"')
                yield from _pairs_of(full, item, context)
        case tuple():
            yield from ((key, as_scalar_text(item)) for item in value)
        case _:
            yield key, as_scalar_text(value)


def _setting(word: str) -> tuple[str, str]:
    key, _, text = word.partition("=")
    if not key:
        raise BadValueError(f"{word!r} is not a setting", "write settings as 'key=value', separated by spaces")
    return key, text


def _merge_settings(earlier: Settings, later: Settings) -> Settings:
    replaced = {key for key, _ in later}
    return (*(pair for pair in earlier if pair[0] not in replaced), *later)


def _groups(value: TomlValue, context: Context) -> Texts:
    names = (name for text in as_texts(value, blank_words) for name in text.split())
    return tuple(text for name in names for text in group_requirements(context.pyproject, name))


_TABLE_OF_SCALARS: Schema = {"type": "object", "additionalProperties": SCALAR}

HOOK = command_type(hook_meanings)
BEFORE_BUILD = command_type(hook_meanings, refused=_REMOVED)
REPAIR = command_type(repair_meanings)
TEST = command_type(meanings_in_tests, refused=_REMOVED)
AUDIT: OptionType[tuple[AuditCommand, ...]] = OptionType(
    form=OptionForm(
        shape="string (commands separated by `&&`), or array of strings",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
        placeholders=_placeholder_names(audit_meanings),
    ),
    parse=_audit_commands,
    merge=join,
)
ENVIRONMENT: OptionType[tuple[EnvExpr, ...]] = OptionType(
    form=OptionForm(
        shape="string of shell assignments, table, or array of `NAME=value`",
        schema=one_of(STRING, _TABLE_OF_SCALARS, STRINGS),
        merging="assignments are concatenated; later ones can use earlier ones",
    ),
    parse=_environment,
    merge=join,
)
SETTINGS: OptionType[Settings] = OptionType(
    form=OptionForm(
        shape="string of `key=value` words, or table; an array repeats its key",
        schema=one_of(
            STRING,
            {"type": "object", "additionalProperties": one_of(SCALAR, {"type": "array", "items": SCALAR})},
        ),
        merging="a later value replaces an earlier one of the same key",
        placeholders=_placeholder_names(hook_meanings),
    ),
    parse=_settings,
    merge=_merge_settings,
)
GROUPS: OptionType[Texts] = OptionType(
    form=OptionForm(
        shape="array of strings, or a string split at whitespace",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
    ),
    parse=_groups,
    merge=join,
)
