"""Assignments to environment variables, evaluated on the build machine."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.exhaustive import assert_never
from cibw.model.shell import Shell
from cibw.model.template import Late


@dataclass(frozen=True, slots=True)
class Variable:
    """`$NAME`, or `${NAME:-default}` where `default` is not None.

    With `or_empty`, the default also replaces an empty value (`:-`), otherwise only an unset one (`-`).
    """

    name: str
    default: tuple[EnvPart, ...] | None = None
    or_empty: bool = True


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(command)`: the output of a shell command, without its trailing newlines."""

    command: str
    dialect: Shell = Shell.SH


EnvPart = str | Late | Variable | Substitution


@dataclass(frozen=True, slots=True)
class EnvExpr:
    """An assignment whose value may depend on the machine's environment or on a command."""

    name: str
    parts: tuple[EnvPart, ...]

    def __str__(self) -> str:
        return f"{self.name}={''.join(_text(part) for part in self.parts)}"


def _text(part: EnvPart) -> str:
    match part:
        case str():
            return part
        case Late():
            return f"{{{part.value}}}"
        case Substitution(command=command):
            return f"$({command})"
        case Variable(name=name, default=None):
            return f"${{{name}}}"
        case Variable(name=name, default=default, or_empty=or_empty):
            text = "".join(_text(piece) for piece in default or ())
            return f"${{{name}{':' * or_empty}-{text}}}"
        case _:
            assert_never(part)
