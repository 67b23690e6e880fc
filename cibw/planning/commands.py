"""Helpers that create commands for several steps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from cibw.model.command import Command
from cibw.model.environment import EnvExpr, EnvPart, Substitution, Variable
from cibw.model.layout import PROJECT
from cibw.model.plan import Action, Run, Step, When
from cibw.model.shell import Shell
from cibw.model.template import Late, Template

Argument = str | Late | Template


def template(argument: Argument) -> Template:
    """Convert a string or a late value to a template; a template is returned unchanged."""
    return argument if isinstance(argument, Template) else Template.of(argument)


def program(*arguments: Argument, when: When = When.ALWAYS, cwd: Template = PROJECT) -> Run:
    """Run a program with arguments, by default in the project directory."""
    return Run(command=Command(argv=tuple(template(argument) for argument in arguments), cwd=cwd), when=when)


def shell(
    text: Template,
    *,
    cwd: Template = PROJECT,
    path_entry: Template | None = None,
    when: When = When.ALWAYS,
    dialect: Shell = Shell.SH,
) -> Run:
    """Run a text with the shell, by default in the project directory."""
    command = Command(argv=(text,), cwd=cwd, shell=True, path_entry=path_entry, dialect=dialect)
    return Run(command=command, when=when)


def virtual_environment(python: Template, directory: Template, *options: str, when: When = When.ALWAYS) -> Run:
    """Create a virtual environment, ignoring the Python version that the project requests from uv."""
    return program("uv", "venv", "--no-project", *options, "--python", python, directory, when=when)


def resource(name: str) -> Template:
    """The path of a script that cibw ships."""
    return Template.of(Late.RESOURCES, f"/{name}")


def seeded_environment(identifier: str, python: Template, directory: Template) -> Run:
    """Create a virtual environment with the packages of `uv venv --seed`, from an archive cached between runs."""
    kept = kept_environment("seeded", identifier, str(python))
    return program("sh", resource("uv_venv.sh"), kept, python, directory)


def kept_environment(name: str, *decides: str) -> Template:
    """The cache path of an environment; it depends on everything that determines its contents."""
    digest = hashlib.sha256("\n".join(decides).encode()).hexdigest()
    return Template.of(Late.CACHE, f"/environments/{name}-{digest[:12]}")


def assign(name: str, *parts: EnvPart | Template) -> EnvExpr:
    """Create an assignment from literal text, late values and variables."""
    flat: list[EnvPart] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Template) else (part,))
    return EnvExpr(name, tuple(flat))


def prepend_path(directory: Template, dialect: Shell = Shell.SH) -> EnvExpr:
    """Put a directory first on PATH."""
    return assign("PATH", directory, dialect.path_separator, Variable("PATH"))


def unless_set(name: str, value: str | Template) -> EnvExpr:
    """Set a variable unless the user's environment sets it."""
    return assign(name, Variable(name, template(value).parts, or_empty=False))


def steps_in(dialect: Shell, steps: Iterable[Step]) -> tuple[Step, ...]:
    """Set the machine's shell for all commands of some steps; it affects how they are displayed."""
    return tuple(replace(step, actions=tuple(_action_in(dialect, one) for one in step.actions)) for step in steps)


def _action_in(dialect: Shell, action: Action) -> Action:
    return replace(action, command=replace(action.command, dialect=dialect)) if isinstance(action, Run) else action


def spoken_in(dialect: Shell, expressions: Iterable[EnvExpr]) -> tuple[EnvExpr, ...]:
    """Adapt assignments to a shell: the dialect of their commands and the case of variable names."""
    return tuple(EnvExpr(dialect.variable(one.name), _parts_in(dialect, one.parts)) for one in expressions)


def _parts_in(dialect: Shell, parts: tuple[EnvPart, ...]) -> tuple[EnvPart, ...]:
    return tuple(_part_in(dialect, part) for part in parts)


def _part_in(dialect: Shell, part: EnvPart) -> EnvPart:
    match part:
        case Substitution():
            return part if part.dialect is Shell.BASH else replace(part, dialect=dialect)
        case Variable(name=name, default=default):
            inner = None if default is None else _parts_in(dialect, default)
            return replace(part, name=dialect.variable(name), default=inner)
        case _:
            return part
