"""Kinds of values for commands, settings and variables of a build."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cibw.config.groups import group_requirements
from cibw.config.key_values import split_words
from cibw.config.kinds import (
    SCALAR,
    STRING,
    STRINGS,
    Context,
    Form,
    Kind,
    Schema,
    Texts,
    as_scalar_text,
    as_texts,
    blank_words,
    join,
    one_of,
    wrong_type,
)
from cibw.config.options import AuditCommand
from cibw.config.placeholders import (
    Meanings,
    Placeholder,
    audit_meanings,
    hook_meanings,
    meanings_in_tests,
    names_in,
    parse_template,
    repair_meanings,
)
from cibw.config.problems import BadValueError
from cibw.config.toml import TomlValue
from cibw.model.environment import EnvExpr
from cibw.model.template import Template

Commands = tuple[Template, ...]
Settings = tuple[tuple[str, Template], ...]
_REMOVED = ("{python}", "{pip}")


def _placeholder_names(meanings: Callable[[str], Meanings]) -> Texts:
    return tuple(placeholder.value for placeholder in meanings("."))


def command_kind(meanings: Callable[[str], Meanings], *, refused: Texts = ()) -> Kind[Commands]:
    """A kind for shell commands; `meanings` returns the placeholders for a package directory."""

    def parse(value: TomlValue, context: Context) -> Commands:
        texts = as_texts(value, lambda text: (text,))
        for text in texts:
            _refuse(text, refused)
        known = meanings(context.package_dir)
        return tuple(parse_template(text.strip(), known) for text in texts if text.strip())

    form = Form(
        shape="string, or array of strings that are joined with `&&`",
        schema=one_of(STRING, STRINGS),
        merging="commands are joined with `&&`",
        placeholders=_placeholder_names(meanings),
    )
    return Kind(form=form, parse=parse, merge=join)


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
    used = names_in(text, known) & {Placeholder.WHEEL, Placeholder.ABI3_WHEEL}
    if len(used) != 1:
        count = "both" if used else "neither"
        hint = "use {wheel} to audit every wheel, or {abi3_wheel} to audit only abi3 wheels"
        raise BadValueError(
            f"{text!r} must contain exactly one of {{wheel}} and {{abi3_wheel}}, but contains {count}", hint
        )
    return AuditCommand(template=parse_template(text, known), only_abi3=used == {Placeholder.ABI3_WHEEL})


def _environment(value: TomlValue, _: Context) -> tuple[EnvExpr, ...]:
    if value in ("", {}):
        return ()
    # The shell parser is imported only when needed, for a fast startup.
    from cibw.config.shell_environment import parse_assignment, parse_assignments, parse_value

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

HOOK = command_kind(hook_meanings)
BEFORE_BUILD = command_kind(hook_meanings, refused=_REMOVED)
REPAIR = command_kind(repair_meanings)
TEST = command_kind(meanings_in_tests, refused=_REMOVED)
AUDIT: Kind[tuple[AuditCommand, ...]] = Kind(
    form=Form(
        shape="string (commands separated by `&&`), or array of strings",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
        placeholders=_placeholder_names(audit_meanings),
    ),
    parse=_audit_commands,
    merge=join,
)
ENVIRONMENT: Kind[tuple[EnvExpr, ...]] = Kind(
    form=Form(
        shape="string of shell assignments, table, or array of `NAME=value`",
        schema=one_of(STRING, _TABLE_OF_SCALARS, STRINGS),
        merging="assignments are concatenated; later ones can use earlier ones",
    ),
    parse=_environment,
    merge=join,
)
SETTINGS: Kind[Settings] = Kind(
    form=Form(
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
GROUPS: Kind[Texts] = Kind(
    form=Form(
        shape="array of strings, or a string split at whitespace",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
    ),
    parse=_groups,
    merge=join,
)
