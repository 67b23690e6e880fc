"""Parser of the environment options: assignments in shell syntax.

Variables, defaults and commands stay expressions that are evaluated on the build machine.
"""

from __future__ import annotations

import re

from cibw.config.shell_commands import read_conditional
from cibw.config.shell_cursor import Cursor
from cibw.config.shell_values import Quoting, Surroundings, read_value
from cibw.model.environment import EnvExpr, Variable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
"""Cargo and the cc crate use names such as CC_x86_64-unknown-linux-gnu, which bash itself cannot assign."""
_BETWEEN = re.compile(r"(?:[ \t\n]|\\\n|#[^\n]*)*")
_IF = re.compile(r"if\s")
_AFTER_FI = re.compile(r"[ \t]*;?" + _BETWEEN.pattern)
_WORD = re.compile(r"[^\s=;&|<>()]*")
_KEYWORDS = {"export", "declare", "typeset", "local", "readonly", "set", "env"}


def parse_assignments(text: str) -> tuple[EnvExpr, ...]:
    """Parse assignments separated by whitespace, newlines and comments.

    Quotes, backslashes, `~`, `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `$(command)`, backticks and
    `NAME+=value` work as in bash. The machine's shell evaluates other expansions, such as `${NAME%suffix}`, and
    `if ...; fi`. Positional and special parameters such as `$1` are empty. ValueError for unsupported syntax, with
    a suggestion.
    """
    cursor = Cursor(text)
    assignments: list[EnvExpr] = []
    cursor.take_match(_BETWEEN)
    while not cursor.at_end:
        if _IF.match(text, cursor.position):
            assignments.extend(EnvExpr(name, (value,)) for name, value in read_conditional(cursor))
            cursor.take_match(_AFTER_FI)
            continue
        name = cursor.take_match(_NAME)
        appends = bool(name) and cursor.skip("+=")
        if not appends and not (name and cursor.skip("=")):
            raise _no_assignment(name + cursor.take_match(_WORD), cursor.peek(2))
        assigned = _assignment(name, cursor, Surroundings())
        assignments.append(EnvExpr(name, (Variable(name), *assigned.parts)) if appends else assigned)
        cursor.take_match(_BETWEEN)
    return tuple(assignments)


def parse_value(name: str, text: str) -> EnvExpr:
    r"""Parse one value as if in double quotes, where a double quote is a literal character.

    A backslash escapes $, `, " and \, joins a line with the next, and is literal otherwise. ValueError as for
    `parse_assignments`, and for an invalid name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not an environment variable name; use letters, digits, _, - and .")
    return _assignment(name, Cursor(text), Surroundings(Quoting.TABLE))


def parse_assignment(text: str) -> EnvExpr:
    """Parse `NAME=value` or `NAME+=value` with `parse_value`; ValueError for anything else."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not an assignment; write NAME=value")
    expression = parse_value(name.removesuffix("+"), value)
    if not name.endswith("+"):
        return expression
    return EnvExpr(expression.name, (Variable(expression.name), *expression.parts))


def _assignment(name: str, cursor: Cursor, around: Surroundings) -> EnvExpr:
    try:
        return EnvExpr(name, read_value(cursor, around))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _no_assignment(word: str, rest: str) -> ValueError:
    if word in _KEYWORDS:
        return ValueError(f"remove {word}; every assignment goes into the environment")
    if "[" in word:
        return ValueError(f"{word}: arrays are not supported in the environment; write NAME=value")
    if not word:
        return ValueError(f"unexpected `{rest[:1]}`; write NAME=value, and quote it inside a value")
    if rest.startswith("="):
        return ValueError(f"{word!r} is not an environment variable name; use letters, digits, _, - and .")
    return ValueError(f"{word!r} is not an assignment; write NAME=value, and quote values that contain spaces")
