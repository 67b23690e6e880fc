"""Parses the environment options: assignments in shell syntax."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from cibw.config.shell_syntax import (
    Cursor,
    read_ansi,
    read_backticks,
    read_conditional,
    read_expansion,
    read_single,
    read_substitution,
)
from cibw.model.templates import EnvExpr, EnvPart, Substitution, Variable

# Values: quotes, variables and commands.

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL_PARAMETER = re.compile(r"[0-9@*#?$!-]")
_NEXT_LINE = re.compile(r"\\\n")
_NEXT_LINE_OF_NAME = re.compile(r"\\\n[A-Za-z0-9_]")
_LITERAL = re.compile(r"[^\s\\$`\"'~:{}()<>;&|]+")
_TILDE = re.compile(r"~(?=[/:\s}]|$)")
_OPERATORS = {
    ";": "separate assignments with a space or a newline, and quote a ; inside a value",
    "(": "arrays are not supported; quote a parenthesis inside a value",
    ")": "quote a parenthesis inside a value",
    "&": "quote it, or run commands inside $(...)",
    "|": "quote it, or run commands inside $(...)",
    "<": "quote it, or run commands inside $(...)",
    ">": "quote it, or run commands inside $(...)",
}


class Quoting(Enum):
    """The quoting of a piece of a value."""

    NONE = "none"
    DOUBLE = "between double quotes"
    TABLE = "a value of a table, where double quotes are plain characters"


@dataclass(frozen=True, slots=True)
class PieceContext:
    """How a piece is quoted, and whether it is the default of a `${NAME:-default}`."""

    quoting: Quoting = Quoting.NONE
    in_braces: bool = False

    @property
    def is_bare(self) -> bool:
        """Whether unquoted shell operators are significant here."""
        return self.quoting is Quoting.NONE and not self.in_braces


def read_value(cursor: Cursor, around: PieceContext) -> tuple[EnvPart, ...]:
    """Read a value up to its end: whitespace, the closing quote or brace, or the end of the text.

    The closing quote or brace is consumed. ValueError for unsupported syntax, with a suggestion.
    """
    parts: list[EnvPart] = []
    start = cursor.position
    with cursor.nested():
        while not _ends(cursor, around):
            if around.quoting is Quoting.NONE:
                _refuse_operators(cursor, around, start)
            parts.extend(_read_home(cursor, around, start) or _read_piece(cursor, around))
    return _merge(parts)


def _ends(cursor: Cursor, around: PieceContext) -> bool:
    if around.in_braces:
        return cursor.skip("}") or _fail_at_end(cursor, "${ has no closing brace")
    if around.quoting is Quoting.DOUBLE:
        return cursor.skip('"') or _fail_at_end(cursor, "unclosed double quote")
    return cursor.at_end or (around.is_bare and cursor.peek() in " \t\n")


def _fail_at_end(cursor: Cursor, message: str) -> bool:
    if cursor.at_end:
        raise ValueError(message)
    return False


def _refuse_operators(cursor: Cursor, around: PieceContext, start: int) -> None:
    character = cursor.peek()
    if around.is_bare and character in _OPERATORS:
        raise ValueError(f"{character} is not supported here; {_OPERATORS[character]}")
    if cursor.peek(2) in {"<(", ">("}:
        raise ValueError(f"{cursor.peek(2)} is not supported; quote it, or run commands inside $(...)")
    if _at_tilde(cursor, start) and not _TILDE.match(cursor.text, cursor.position):
        raise ValueError("the home directory of another user is not supported; quote a literal ~")


def _read_home(cursor: Cursor, around: PieceContext, start: int) -> tuple[EnvPart, ...]:
    if around.quoting is not Quoting.NONE or not _at_tilde(cursor, start):
        return ()
    cursor.take()
    return (Variable("HOME"),)


def _at_tilde(cursor: Cursor, start: int) -> bool:
    return cursor.peek() == "~" and (cursor.position == start or cursor.previous() == ":")


def _read_piece(cursor: Cursor, around: PieceContext) -> Iterable[EnvPart]:
    match cursor.peek():
        case "$":
            return _read_dollar(cursor, around)
        case "`":
            # After ${NAME:- a quote does not need to be escaped inside double quotes.
            unescape_quotes = around.quoting is not Quoting.NONE and not around.in_braces
            return (read_backticks(cursor, in_double_quotes=unescape_quotes),)
        case "\\":
            return (_read_backslash(cursor, around),)
        case '"' if around.quoting is not Quoting.TABLE:
            cursor.take()
            return read_value(cursor, PieceContext(Quoting.DOUBLE))
        case "'" if around.quoting is Quoting.NONE:
            cursor.take()
            return (read_single(cursor),)
        case "'" if around == PieceContext(Quoting.DOUBLE, in_braces=True):
            raise ValueError(
                "a single quote is not supported in a default inside double quotes; remove the double quotes"
            )
        case _:
            return (cursor.take_match(_LITERAL) or cursor.take(),)


def _read_backslash(cursor: Cursor, around: PieceContext) -> str:
    escaped = cursor.take(2)[1:]
    if around.quoting is Quoting.NONE:
        return {"\n": "", "": "\\"}.get(escaped, escaped)
    if escaped == "\n":
        return ""
    is_escape = escaped in {"$", "`", '"', "\\"} or (around.in_braces and escaped == "}")
    return escaped if is_escape else f"\\{escaped}"


def _read_dollar(cursor: Cursor, around: PieceContext) -> Iterable[EnvPart]:
    cursor.take()
    name = cursor.take_match(NAME)
    if around.quoting is not Quoting.TABLE and cursor.take_match(_NEXT_LINE_OF_NAME if name else _NEXT_LINE):
        raise ValueError(f"${name} cannot continue on the next line; write the variable name on one line")
    if name:
        return (Variable(name),)
    if cursor.skip("{"):
        return (_read_braces(cursor, around),)
    if cursor.peek(2) == "((" or cursor.peek() == "[":
        return (_expansion(cursor, cursor.position - 1, around),)
    if cursor.skip("("):
        return (read_substitution(cursor),)
    if cursor.take_match(_SPECIAL_PARAMETER):
        # There is no script, so these parameters are empty.
        return ()
    return _read_dollar_quote(cursor, around)


def _read_dollar_quote(cursor: Cursor, around: PieceContext) -> Iterable[EnvPart]:
    if cursor.peek() == "'" and around.quoting is Quoting.NONE:
        cursor.take()
        return (read_ansi(cursor),)
    if cursor.peek() == "'" and around.in_braces:
        raise ValueError("$' is not supported in a default inside double quotes; remove the double quotes")
    if cursor.peek() == '"' and around.quoting is Quoting.NONE:
        cursor.take()
        return read_value(cursor, PieceContext(Quoting.DOUBLE))
    return ("$",)


def _read_braces(cursor: Cursor, around: PieceContext) -> EnvPart:
    start = cursor.position
    name = cursor.take_match(NAME)
    if name and cursor.skip("}"):
        return Variable(name)
    if cursor.peek() == "}":
        raise ValueError("${} is not supported; write ${NAME}")
    or_empty = cursor.skip(":-")
    if not name or not (or_empty or cursor.skip("-")):
        return _expansion(cursor, start - 2, around)
    default = read_value(cursor, replace(around, in_braces=True))
    return Variable(name, default=default, or_empty=or_empty)


def _expansion(cursor: Cursor, start: int, around: PieceContext) -> Substitution:
    """Read an expansion that only a shell can evaluate, starting at its `$`."""
    cursor.position = start
    expansion = read_expansion(cursor, in_double_quotes=around.quoting is not Quoting.NONE)
    if around.quoting is Quoting.TABLE and '"' in cursor.text[start : cursor.position]:
        raise ValueError(f"a double quote in {cursor.text[start : cursor.position]} is not supported; remove it")
    return expansion


def _merge(parts: Iterable[EnvPart]) -> tuple[EnvPart, ...]:
    merged: list[EnvPart] = []
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        merged += filter(None, ["".join(texts)])
        texts.clear()
        merged.append(part)
    return (*merged, *filter(None, ["".join(texts)]))


# Parser of the environment options: assignments in shell syntax.
#
# Variables, defaults and commands stay expressions that are evaluated on the build machine.

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
        assigned = _assignment(name, cursor, PieceContext())
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
    return _assignment(name, Cursor(text), PieceContext(Quoting.TABLE))


def parse_assignment(text: str) -> EnvExpr:
    """Parse `NAME=value` or `NAME+=value` with `parse_value`; ValueError for anything else."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not an assignment; write NAME=value")
    expression = parse_value(name.removesuffix("+"), value)
    if not name.endswith("+"):
        return expression
    return EnvExpr(expression.name, (Variable(expression.name), *expression.parts))


def _assignment(name: str, cursor: Cursor, around: PieceContext) -> EnvExpr:
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
