"""Plans, reports and manifests as JSON, and back; docs/plan.md describes the form."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from cibw.errors import CibwError, assert_never
from cibw.model.events import REPORT_VERSION, Report
from cibw.model.identifiers import BuildIdentifier, Interpreter, Target
from cibw.model.machines import ContainerSpec, CreateOptions, HostSpec, MachineSpec
from cibw.model.manifest import MANIFEST_VERSION, Manifest
from cibw.model.plan import PLAN_VERSION, Action, Fetch, Plan, PutFiles, PutText, Run
from cibw.model.templates import Command, EnvExpr, EnvPart, Placeholder, Shell, Substitution, Template, Variable
from cibw.reporting.streams import neutral_json
from cibw.untrusted.limits import parse_json

if TYPE_CHECKING:
    from cattrs import Converter


# Readable JSON: short values are on one line.

_WIDTH = 110
_encode = json.JSONEncoder(ensure_ascii=False).encode


def json_text(value: object) -> str:
    """Plain data as JSON, with short lists and objects on one line; ends with a newline."""
    return neutral_json(f"{_pretty(value, 0)}\n")


def _pretty(value: object, indent: int) -> str:
    if isinstance(value, dict):
        items = [f"{_encode(key)}: {_pretty(item, indent + 2)}" for key, item in value.items()]
        opening, closing = "{}"
    elif isinstance(value, list):
        items = [_pretty(item, indent + 2) for item in value]
        opening, closing = "[]"
    else:
        return _encode(value)
    # If an item has several lines, its container must have several, too.
    short = f"{opening}{', '.join(items)}{closing}"
    if len(short) + indent <= _WIDTH:
        return short
    inner = " " * (indent + 2)
    body = f",\n{inner}".join(items)
    return f"{opening}\n{inner}{body}\n{' ' * indent}{closing}"


# Convert templates and expressions to and from plain data.
#
# A template without placeholders is a string; any other is a list of strings and `{"late": NAME}`.


def template_data(template: Template) -> object:
    """A template as plain data."""
    if not any(isinstance(part, Placeholder) for part in template.parts):
        return str(template)
    return [part if isinstance(part, str) else {"late": part.value} for part in template.parts]


def template_from(data: object) -> Template:
    """Read a template; ValueError for invalid data."""
    if isinstance(data, str):
        return Template.of(data)
    return Template.of(*(_literal_or_placeholder(part) for part in _list(data)))


def expression_data(expression: EnvExpr) -> object:
    """An assignment as plain data."""
    return {"name": expression.name, "parts": [_part_data(part) for part in expression.parts]}


def expression_from(data: object) -> EnvExpr:
    """Read an assignment; ValueError for invalid data."""
    return EnvExpr(text(_get(data, "name")), _parts_from(_get(data, "parts")))


def text(data: object) -> str:
    """A string; ValueError for anything else."""
    if not isinstance(data, str):
        raise ValueError(f"{data!r} is not a string")  # noqa: TRY004  (all faults of the data are ValueErrors)
    return data


def _part_data(part: EnvPart) -> object:
    match part:
        case str():
            return part
        case Placeholder():
            return {"late": part.value}
        case Substitution(command=command, dialect=dialect):
            told = {} if dialect is Shell.SH else {"dialect": dialect.value}
            return {"type": "substitution", "command": command, **told}
        case Variable(name=name, default=default, or_empty=or_empty):
            pieces = None if default is None else [_part_data(piece) for piece in default]
            return {"type": "variable", "name": name, "default": pieces, "or_empty": or_empty}
        case _:
            assert_never(part)


def _parts_from(data: object) -> tuple[EnvPart, ...]:
    return tuple(_part_from(part) for part in _list(data))


def _part_from(data: object) -> EnvPart:
    if not isinstance(data, dict) or "type" not in data:
        return _literal_or_placeholder(data)
    if data["type"] == "substitution":
        return Substitution(text(_get(data, "command")), Shell(data.get("dialect", Shell.SH.value)))
    if data["type"] == "variable":
        default = _get(data, "default")
        parts = None if default is None else _parts_from(default)
        return Variable(text(_get(data, "name")), default=parts, or_empty=bool(_get(data, "or_empty")))
    raise ValueError(f"{data['type']!r} is not a valid type of an assignment's part")


def _literal_or_placeholder(data: object) -> str | Placeholder:
    return Placeholder(text(_get(data, "late"))) if isinstance(data, dict) else text(data)


def _list(data: object) -> list[object]:
    if not isinstance(data, list):
        raise ValueError(f"{data!r} is not a list")  # noqa: TRY004
    return data


def _get(data: object, key: str) -> object:
    if not isinstance(data, dict) or key not in data:
        raise ValueError(f"{data!r} has no {key!r}")
    value: object = data[key]
    return value


# Configure cattrs for the values of the model.

_UNIONS = (
    (Action, {"run": Run, "put_text": PutText, "put_files": PutFiles, "fetch": Fetch}),
    (MachineSpec, {"container": ContainerSpec, "host": HostSpec}),
)


@cache
def converter() -> Converter:
    """The converter between the model and lists, dicts, strings and numbers.

    Creating it compiles functions for each class of the model, which takes longer than converting a plan.
    """
    from cattrs import Converter
    from cattrs.strategies import configure_tagged_union

    made = Converter()
    _add_texts(made)
    _add_templates(made)
    _add_short_forms(made)
    for union, kinds in _UNIONS:
        names = {kind: name for name, kind in kinds.items()}
        configure_tagged_union(union, made, tag_name="type", tag_generator=names.__getitem__)
        _put_type_first(made, union)
    return made


def mistakes_of(error: Exception) -> list[str] | None:
    """The mistakes in invalid data, each with its place; None for other errors."""
    from cattrs import BaseValidationError, transform_error

    if isinstance(error, BaseValidationError):
        return transform_error(error, path="")
    return None


def _add_texts(converter: Converter) -> None:
    for kind in (BuildIdentifier, Interpreter, Target):
        converter.register_unstructure_hook(kind, str)
    converter.register_structure_hook(BuildIdentifier, lambda value, _: BuildIdentifier.parse(text(value)))
    converter.register_structure_hook(Interpreter, lambda value, _: Interpreter.parse(text(value)))
    converter.register_structure_hook(Target, lambda value, _: Target.parse(text(value)))


def _add_templates(converter: Converter) -> None:
    converter.register_unstructure_hook(Template, template_data)
    converter.register_structure_hook(Template, lambda value, _: template_from(value))
    converter.register_unstructure_hook(EnvExpr, expression_data)
    converter.register_structure_hook(EnvExpr, lambda value, _: expression_from(value))


def _put_type_first(converter: Converter, union: object) -> None:
    tagged = converter.get_unstructure_hook(union)

    def hook(value: object) -> dict[str, object]:
        data: dict[str, object] = tagged(value)
        return {"type": data.pop("type"), **data}

    converter.register_unstructure_hook(union, hook)


def _add_short_forms(converter: Converter) -> None:
    from cattrs.gen import make_dict_unstructure_fn, override

    # Nearly all commands are for a POSIX shell, or for no shell.
    commands = make_dict_unstructure_fn(Command, converter, dialect=override(omit_if_default=True))
    converter.register_unstructure_hook(Command, commands)
    # Only a few of the twenty options are usually set, so the others are omitted.
    hook = make_dict_unstructure_fn(CreateOptions, converter, _cattrs_omit_if_default=True)
    converter.register_unstructure_hook(CreateOptions, hook)


# Convert plans, reports and manifests to and from JSON; docs/plan.md describes the format.

_Root = TypeVar("_Root", Plan, Report, Manifest)


def plan_to_json(plan: Plan) -> str:
    """A plan as JSON text, with a newline at the end."""
    return _dump(plan)


def plan_from_json(text: str) -> Plan:
    """Read a plan; CibwError if the text is invalid or has another version."""
    return _load(text, Plan, PLAN_VERSION)


def report_to_json(report: Report) -> str:
    """A report as JSON text, with a newline at the end."""
    return _dump(report)


def report_from_json(text: str) -> Report:
    """Read a report; CibwError if the text is invalid or has another version."""
    return _load(text, Report, REPORT_VERSION)


def manifest_to_json(manifest: Manifest) -> str:
    """A manifest as JSON text, with a newline at the end."""
    return _dump(manifest)


def manifest_from_json(text: str) -> Manifest:
    """Read a manifest; CibwError if the text is invalid or has another version."""
    return _load(text, Manifest, MANIFEST_VERSION)


def _dump(value: Plan | Report | Manifest) -> str:
    fields: dict[str, object] = converter().unstructure(value, type(value))
    # The version comes first, because a reader may need it before the rest.
    ordered = {"version": fields.pop("version"), **fields}
    return json_text(ordered)


def _load(text: str, root: type[_Root], version: int) -> _Root:
    name = root.__name__.lower()
    try:
        data: object = parse_json(text)
    except ValueError as error:
        raise CibwError(f"This {name} is not JSON: {error}") from error
    found = data.get("version") if isinstance(data, dict) else None
    if found != version:
        raise CibwError(
            f"This {name} has the version {found!r}; this cibw reads version {version}.",
            hint=f"Create the {name} with the same release of cibw that reads it.",
        )
    try:
        return converter().structure(data, root)
    except Exception as error:
        mistakes = mistakes_of(error)
        if mistakes is None:
            raise
        raise CibwError(f"Cannot read this {name}: {'; '.join(mistakes)}") from error
