"""Options in TOML form, their JSON schema, and their documentation page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from enum import Enum

from cibw.config.cascade import Arguments, Inherit, Setting, SettingPlace
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.options import AuditCommand, BuildFrontend, DependencySource, DependencyVersions, Options
from cibw.config.selectors import SWITCHES
from cibw.config.toml import TomlTable, TomlValue
from cibw.config.values.containers import create_args
from cibw.config.values.types import STRING, STRINGS, AnyOption, OptionMeta, Schema, Scope, closed_table, one_of
from cibw.model.identifiers import Platform
from cibw.model.machines import ContainerEngine, CreateOptions
from cibw.model.templates import REPAIRED_DIR, EnvExpr, EnvPart, Placeholder, Substitution, Template, Variable

# Conversion of option values to TOML values.

_WORK = f"{{{Placeholder.WORK.value}}}"
_REPAIRED = str(REPAIRED_DIR).removeprefix(_WORK)


def plain(value: object, placeholders: Collection[str] = ()) -> TomlValue:
    """Convert a value to the form a user would write; `placeholders` are those of its option."""
    match value:
        case str() | bool() | int():
            return value
        case Enum():
            return str(value.value)
        case frozenset():
            return tuple(sorted(str(plain(item)) for item in value))
        case tuple():
            return _several(value, placeholders)
        case AuditCommand() | DependencyVersions() | BuildFrontend() | ContainerEngine():
            return _tool(value, placeholders)
        case _:
            return _command(value, placeholders) if isinstance(value, Template) else str(value)


def map_texts(value: TomlValue, change: Callable[[str], str]) -> TomlValue:
    """Apply a function to each string in a value; table keys are unchanged."""
    match value:
        case str():
            return change(value)
        case tuple():
            return tuple(map_texts(item, change) for item in value)
        case bool() | int() | float():
            return value
        case _:
            return {key: map_texts(item, change) for key, item in value.items()}


def _command(template: Template, placeholders: Collection[str]) -> str:
    """The template with user placeholders; literal text that looks like one is escaped with `#`."""
    known = re.compile(rf"\{{({'|'.join(map(re.escape, placeholders))})\}}") if placeholders else None
    pieces: list[str] = []
    for part in template.parts:
        is_repaired = pieces[-1:] == [_WORK] and isinstance(part, str) and part.startswith(_REPAIRED)
        if isinstance(part, Placeholder):
            pieces.append("{wheel}" if part is Placeholder.BUILT_WHEEL else f"{{{part.value}}}")
        elif is_repaired:
            pieces[-1:] = ["{dest_dir}", part.removeprefix(_REPAIRED)]
        else:
            pieces.append(known.sub(r"#\g<0>", part) if known else part)
    return "".join(pieces)


def _several(values: tuple[object, ...], placeholders: Collection[str]) -> TomlValue:
    variables = [value for value in values if isinstance(value, EnvExpr)]
    if variables:
        return _assignments(variables)
    pairs = [(name, plain(content, placeholders)) for name, content in map(_pair, values) if name]
    if not values or len(pairs) < len(values):
        return tuple(plain(value, placeholders) for value in values)
    found: dict[str, tuple[TomlValue, ...]] = {}
    for name, content in pairs:
        found[name] = (*found.get(name, ()), content)
    return {name: contents[0] if len(contents) == 1 else contents for name, contents in found.items()}


def _pair(value: object) -> tuple[str, object]:
    match value:
        case (str(name), content):
            return name, content
        case _:
            return "", value


def _assignments(variables: Sequence[EnvExpr]) -> TomlValue:
    """A table, or an array of assignments if a name is repeated: later ones may use the earlier value."""
    # The shell parser is imported only when needed, for a fast startup.
    from cibw.config.shell import NAME

    names = [variable.name for variable in variables]
    appended = [variable.parts[:1] == (Variable(variable.name),) for variable in variables]
    if len(set(names)) == len(names) and all(map(NAME.fullmatch, names)):
        return {variable.name: _quoted(variable.parts) for variable in variables}
    return tuple(
        f"{one.name}+={_quoted(one.parts[1:])}" if appends else f"{one.name}={_quoted(one.parts)}"
        for one, appends in zip(variables, appended, strict=True)
    )


def _quoted(parts: Iterable[EnvPart], *, in_braces: bool = False) -> str:
    """Parts of a value as written in a table, where text is treated as in double quotes."""
    return "".join(_piece(part, in_braces=in_braces) for part in parts)


def _piece(part: EnvPart, *, in_braces: bool) -> str:
    match part:
        case str():
            # A backslash is literal before most characters, which keeps Windows paths readable.
            return re.sub(r"[$`}]|\\(?=[\\$`\"}\n]|$)" if in_braces else r"[$`]|\\(?=[\\$`\"\n]|$)", r"\\\g<0>", part)
        case Variable(name=name, default=tuple(default), or_empty=or_empty):
            return f"${{{name}{':' * or_empty}-{_quoted(default, in_braces=True)}}}"
        case Variable(name=name):
            return f"${{{name}}}"
        case Substitution(command=command):
            return f"$({command})"
        case _:
            return f"{{{part.value}}}"


def _tool(
    value: AuditCommand | DependencyVersions | BuildFrontend | ContainerEngine, placeholders: Collection[str]
) -> TomlValue:
    match value:
        case AuditCommand(template=template, only_abi3=True):
            wheel = f"{{{Placeholder.WHEEL.value}}}"
            pieces = (_command(Template((part,)), placeholders) for part in template.parts)
            return "".join("{abi3_wheel}" if piece == wheel else piece for piece in pieces)
        case AuditCommand(template=template):
            return _command(template, placeholders)
        case DependencyVersions(source=DependencySource.FILE, file=file):
            return {"file": file}
        case DependencyVersions(source=DependencySource.PACKAGES, packages=packages):
            return {"packages": packages}
        case DependencyVersions(source=source):
            return source.value
        case _:
            rest = _changed(value)
            return {"name": value.name.value, **rest} if rest else value.name.value


def _changed(record: BuildFrontend | ContainerEngine) -> TomlTable:
    """The fields of a record, except `name`, that differ from their defaults."""
    usual = type(record)()
    found: dict[str, TomlValue] = {}
    for field in fields(record):
        value: object = getattr(record, field.name)
        if field.name != "name" and value != getattr(usual, field.name):
            shown = create_args(value) if isinstance(value, CreateOptions) else plain(value)
            found["create-args" if field.name == "create" else field.name.replace("_", "-")] = shown
    return found


# Preparation of settings for display.

Settings = tuple[Setting, ...]


def run_settings(options: Options, arguments: Arguments) -> Settings:
    """The options of the run, including command-line arguments."""
    return tuple(_with_arguments(setting, options, arguments) for setting in options.resolver.settings(None))


def _with_arguments(setting: Setting, options: Options, arguments: Arguments) -> Setting:
    if setting.name == "archs" and arguments.archs:
        return setting.below(SettingPlace(origin="--archs", value=options.archs))
    if setting.name == "enable" and arguments.enable:
        return setting.adding(SettingPlace(origin="--enable", value=arguments.enable), plain(options.enable))
    return setting


def masked(settings: Settings, mask: Callable[[str], str]) -> Settings:
    """The settings with a mask applied to each text."""
    return tuple(
        replace(
            setting,
            value=map_texts(setting.value, mask),
            places=tuple(replace(place, value=map_texts(place.value, mask)) for place in setting.places),
        )
        for setting in settings
    )


def named_texts(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each text in the settings, with its key or, without one, its option."""
    for setting in settings:
        yield from _texts(setting.name, (setting.value, *(place.value for place in setting.places)))


def _texts(name: str, values: Iterable[TomlValue]) -> Iterator[tuple[str, str]]:
    for value in values:
        match value:
            case str():
                # Pairs in create-args and settings can be written as `NAME=value`.
                key, separator, text = value.partition("=")
                yield from ((name, value), (key, text))[: 2 if separator else 1]
            case tuple():
                yield from _texts(name, value)
            case Mapping():
                for key, item in value.items():
                    yield from _texts(key, (item,))
            case _:
                pass


# Generator for the JSON schema of [tool.cibw].

SCHEMA_ID = "https://cibw.invalid/cibw.schema.json"
"""The identifier of the schema. Some tools require a URL, but there is no page at this one."""
_RULES: Schema = {"enum": tuple(rule.value for rule in Inherit)}


def schema_text() -> str:
    """The schema of [tool.cibw] as JSON text."""
    return json.dumps(table_schema(), indent=2) + "\n"


def table_schema() -> Schema:
    """The schema of [tool.cibw]."""
    platforms: Schema = {platform.value: _platform_schema(platform) for platform in Platform}
    overrides: Schema = {"overrides": {"type": "array", "items": _override_schema()}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": SCHEMA_ID,
        "title": "The options of cibw",
        "definitions": {
            "inherit": _inherit_schema(),
            **{option.meta.name: _option_schema(option) for option in ALL_OPTIONS},
        },
        **closed_table({**_references(ALL_OPTIONS), **platforms, **overrides}),
    }


def _option_schema(option: AnyOption) -> Schema:
    meta = option.meta
    return {"title": meta.variable, "description": meta.description, "default": meta.default, **option.form.schema}


def _references(options: Iterable[AnyOption]) -> Schema:
    names = (*(option.meta.name for option in options), "inherit")
    return {name: {"$ref": f"#/definitions/{name}"} for name in names}


def _inherit_schema() -> Schema:
    names = (option.meta.name for option in ALL_OPTIONS if option.form.merging)
    rules = closed_table(dict.fromkeys(names, _RULES))
    return {"description": "How options merge with lower-priority sources.", **one_of(STRING, rules)}


def _platform_schema(platform: Platform) -> Schema:
    options = (option for option in ALL_OPTIONS if platform in option.meta.places.tables)
    return closed_table(_references(options))


def _override_schema() -> Schema:
    options = (option for option in ALL_OPTIONS if option.meta.places.scope is Scope.BUILD)
    select: Schema = {
        "description": "Patterns of the build identifiers that the override applies to.",
        **one_of(STRING, STRINGS),
    }
    return closed_table({"select": select, **_references(options)}, required=("select",))


# Entry point that provides the schema of [tool.cibw] to validate-pyproject.


def get_schema(tool_name: str) -> dict[str, object]:
    """Check the options of cibw in the table `tool.$tool`."""
    if tool_name != "cibw":
        raise ValueError(f"there is no schema for [tool.{tool_name}], only for [tool.cibw]")
    schema: dict[str, object] = json.loads(schema_text())
    return schema


# Generator for the documentation page of all options.

_HEAD = """\
# Options

This page is generated by `bin/generate_files.py` from the list of options in `cibw/config/option_list.py`.

Options can be set in `[tool.cibw]` of `pyproject.toml`, in a platform's table such as `[tool.cibw.linux]`, in
`[[tool.cibw.overrides]]`, and in environment variables. Later sources override earlier ones: the default, the
platform's default, `[tool.cibw]`, the platform's table, each override whose `select` matches, the variable, the
variable with the platform's suffix. `[tool.cibuildwheel]` is read if there is no `[tool.cibw]`.

With `inherit`, a value is appended or prepended to the earlier value, which may be the default. Any of those tables can
contain it, as a table (`inherit.environment = "append"`) or as a string (`"environment; before-all: prepend"`; `append`
is the default). For variables, set `CIBW_INHERIT` to such a string; there `environment` means `CIBW_ENVIRONMENT`, and
`environment-linux` means `CIBW_ENVIRONMENT_LINUX`.

`cibw config show` prints the value of each option for the selected builds or for a given identifier. With `--explain`,
it also prints every place that sets the option, highest priority first; with `--json`, the output is machine-readable.
Secrets are masked.
`cibw config schema` prints a JSON schema; [validate-pyproject](https://validate-pyproject.readthedocs.io) finds it
automatically if both are installed.

| Option | Description | Default | Variable |
|---|---|---|---|
"""


def options_page() -> str:
    """The documentation page as Markdown."""
    rows = "".join(_row(option.meta) for option in ALL_OPTIONS)
    sections = "".join("\n".join((*_section(option), "")) for option in ALL_OPTIONS)
    return f"{_HEAD}{rows}\n{sections}{_switches()}"


def _row(meta: OptionMeta) -> str:
    link = f"[`{meta.name}`](#{meta.name})"
    return f"| {link} | {_cell(meta.description)} | {_cell(_code(meta.default))} | `{meta.variable}` |\n"


def _section(option: AnyOption) -> Iterator[str]:
    meta, form = option.meta, option.form
    yield f"## {meta.name}\n\n{meta.description}\n"
    yield f"- Value: {form.shape}."
    yield f"- Default: {_code(meta.default)}."
    for platform, default in meta.platform_defaults.items():
        yield f"- Default on {platform.value}: {_code(default)}."
    yield f"- Variable: {_variables(meta)}."
    yield f"- Where: {meta.places.scope.value}{_tables(meta)}."
    yield f"- `inherit`: {form.merging or 'not supported'}."
    if form.placeholders:
        yield f"- Placeholders: {', '.join(f'`{{{name}}}`' for name in form.placeholders)}."
    yield ""


def _variables(meta: OptionMeta) -> str:
    suffixes = meta.places.suffixes
    adds = "; added to the value from the file" if meta.env_adds else ""
    empty = "; an empty value is ignored" if meta.ignore_empty else ""
    if not suffixes:
        return f"`{meta.variable}`{adds}{empty}"
    if len(suffixes) == len(Platform):
        return f"`{meta.variable}`, or with a platform suffix, as in `{meta.variable}_LINUX`{adds}{empty}"
    names = ", ".join(f"`{meta.variable_for(platform)}`" for platform in Platform if platform in suffixes)
    return f"`{meta.variable}` or {names}{adds}{empty}"


def _tables(meta: OptionMeta) -> str:
    tables = meta.places.tables
    if not tables or len(tables) == len(Platform):
        return ""
    return f"; only for these platforms: {', '.join(platform.value for platform in Platform if platform in tables)}"


def _switches() -> str:
    rows = "".join(f"| `{name}` | {_cell(text)} |\n" for name, text in SWITCHES.items())
    return f"# Variables without an option\n\n| Variable | Description |\n|---|---|\n{rows}"


def _code(value: TomlValue) -> str:
    return f"`{json.dumps(value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
