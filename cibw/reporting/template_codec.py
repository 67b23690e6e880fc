"""Convert templates and expressions to and from plain data.

A template without placeholders is a string; any other is a list of strings and `{"late": NAME}`.
"""

from __future__ import annotations

from cibw.exhaustive import assert_never
from cibw.model.environment import EnvExpr, EnvPart, Substitution, Variable
from cibw.model.shell import Shell
from cibw.model.template import Late, Template


def template_data(template: Template) -> object:
    """A template as plain data."""
    if not any(isinstance(part, Late) for part in template.parts):
        return str(template)
    return [part if isinstance(part, str) else {"late": part.value} for part in template.parts]


def template_from(data: object) -> Template:
    """Read a template; ValueError for invalid data."""
    if isinstance(data, str):
        return Template.of(data)
    return Template.of(*(_literal_or_late(part) for part in _list(data)))


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
        case Late():
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
        return _literal_or_late(data)
    if data["type"] == "substitution":
        return Substitution(text(_get(data, "command")), Shell(data.get("dialect", Shell.SH.value)))
    if data["type"] == "variable":
        default = _get(data, "default")
        parts = None if default is None else _parts_from(default)
        return Variable(text(_get(data, "name")), default=parts, or_empty=bool(_get(data, "or_empty")))
    raise ValueError(f"{data['type']!r} is not a valid type of an assignment's part")


def _literal_or_late(data: object) -> str | Late:
    return Late(text(_get(data, "late"))) if isinstance(data, dict) else text(data)


def _list(data: object) -> list[object]:
    if not isinstance(data, list):
        raise ValueError(f"{data!r} is not a list")  # noqa: TRY004
    return data


def _get(data: object, key: str) -> object:
    if not isinstance(data, dict) or key not in data:
        raise ValueError(f"{data!r} has no {key!r}")
    value: object = data[key]
    return value
