"""A minimal evaluation of assignments, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cibw.model.templates import EnvExpr, EnvPart, Substitution, Variable

Runner = Callable[[Substitution, Mapping[str, str]], str]


def no_commands(command: Substitution, environment: Mapping[str, str]) -> str:
    raise AssertionError(f"{command} should not run with {environment}")


def evaluate(
    assignments: Iterable[EnvExpr], environment: Mapping[str, str], run: Runner = no_commands
) -> dict[str, str]:
    """Evaluate assignments in order; each can use earlier ones."""
    values = dict(environment)
    for assignment in assignments:
        values[assignment.name] = _join(assignment.parts, values, run)
    return values


def _join(parts: Iterable[EnvPart], values: Mapping[str, str], run: Runner) -> str:
    return "".join(_part(part, values, run) for part in parts)


def _part(part: EnvPart, values: Mapping[str, str], run: Runner) -> str:
    match part:
        case str():
            return part
        case Substitution():
            return run(part, values).rstrip("\n")
        case Variable(name=name, default=default, or_empty=or_empty):
            value = values.get(name)
            takes_default = value is None or (or_empty and not value)
            return _join(default, values, run) if takes_default and default is not None else value or ""
        case _:
            raise AssertionError(part)
