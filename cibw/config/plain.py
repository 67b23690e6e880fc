"""Values of options in the words of TOML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from enum import Enum

from cibw.config.options import AuditCommand, BuildFrontend, DependencySource, DependencyVersions
from cibw.config.toml import TomlTable, TomlValue
from cibw.model.environment import EnvExpr
from cibw.model.images import ContainerEngine, CreateOptions
from cibw.model.layout import REPAIRED_DIR
from cibw.model.template import Late, Template


def plain(value: object) -> TomlValue:
    """A value as a user could write it; the create-args of a container engine as a table of what they ask for."""
    match value:
        case str() | bool() | int():
            return value
        case Enum():
            return str(value.value)
        case frozenset():
            return tuple(sorted(str(plain(item)) for item in value))
        case tuple():
            return _several(value)
        case AuditCommand() | DependencyVersions() | BuildFrontend() | ContainerEngine():
            return _tool(value)
        case _:
            return _command(value) if isinstance(value, Template) else str(value)


def map_texts(value: TomlValue, change: Callable[[str], str]) -> TomlValue:
    """The value with each of its strings changed; the keys of tables stay."""
    match value:
        case str():
            return change(value)
        case tuple():
            return tuple(map_texts(item, change) for item in value)
        case bool() | int() | float():
            return value
        case _:
            return {key: map_texts(item, change) for key, item in value.items()}


def _command(template: Template) -> str:
    """The template with the placeholders that users write."""
    text = str(template).replace(str(REPAIRED_DIR), "{dest_dir}")
    return text.replace(f"{{{Late.BUILT_WHEEL.value}}}", "{wheel}")


def _several(values: tuple[object, ...]) -> TomlValue:
    pairs = [pair for value in values if (pair := _pair(value))]
    if values and len(pairs) == len(values):
        # A name that comes twice keeps both of its values.
        repeated = len({name for name, _ in pairs}) < len(pairs)
        return tuple(f"{name}={value}" for name, value in pairs) if repeated else dict(pairs)
    return tuple(plain(value) for value in values)


def _pair(value: object) -> tuple[str, TomlValue] | None:
    match value:
        case EnvExpr(name=name):
            return name, str(value).removeprefix(f"{name}=")
        case (str(name), content):
            return name, plain(content)
        case _:
            return None


def _tool(value: AuditCommand | DependencyVersions | BuildFrontend | ContainerEngine) -> TomlValue:
    match value:
        case AuditCommand(template=template, only_abi3=True):
            return _command(template).replace("{wheel}", "{abi3_wheel}")
        case AuditCommand(template=template):
            return _command(template)
        case DependencyVersions(source=DependencySource.FILE, file=file):
            return {"file": file}
        case DependencyVersions(source=DependencySource.PACKAGES, packages=packages):
            return {"packages": packages}
        case DependencyVersions(source=source):
            return source.value
        case _:
            rest = _changed(value)
            return {"name": value.name.value, **rest} if rest else value.name.value


def _changed(record: BuildFrontend | ContainerEngine | CreateOptions) -> TomlTable:
    """The fields of a record, apart from `name`, that have no default value; records in it likewise."""
    usual = type(record)()
    found: dict[str, TomlValue] = {}
    for field in fields(record):
        value: object = getattr(record, field.name)
        if field.name != "name" and value != getattr(usual, field.name):
            shown = _changed(value) if isinstance(value, CreateOptions) else plain(value)
            found["create-args" if field.name == "create" else field.name.replace("_", "-")] = shown
    return found
