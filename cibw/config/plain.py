"""Conversion of option values to TOML values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import fields
from enum import Enum

from cibw.config.create_args import create_args
from cibw.config.options import AuditCommand, BuildFrontend, DependencySource, DependencyVersions
from cibw.config.toml import TomlTable, TomlValue
from cibw.model.environment import EnvExpr, EnvPart, Substitution, Variable
from cibw.model.images import ContainerEngine, CreateOptions
from cibw.model.layout import REPAIRED_DIR
from cibw.model.template import Late, Template

_WORK = f"{{{Late.WORK.value}}}"
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
        if isinstance(part, Late):
            pieces.append("{wheel}" if part is Late.BUILT_WHEEL else f"{{{part.value}}}")
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
    from cibw.config.shell_values import NAME

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
            wheel = f"{{{Late.WHEEL.value}}}"
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
