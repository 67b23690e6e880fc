"""Static evaluation of expressions in a setup.py for a given Python version."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache

from cibw.exhaustive import assert_never
from cibw.model.target import Platform

Scope = Mapping[str, object]
"""Known values of names and expressions, by their source text as written by `ast.unparse`."""


class Unknown(Enum):
    """The marker for an unknown value."""

    VALUE = "unknown"


UNKNOWN = Unknown.VALUE
_LONGEST = 60
_MOST_VALUES = 1_000
_LONGEST_TEXT = 100_000
"""A limit, so that a script cannot exhaust memory by building ever larger values."""
_MICRO = 99
"""A high patch release that represents all releases of a Python version."""
_SYSTEMS = {
    Platform.MACOS: ("darwin", "Darwin", "posix"),
    Platform.WINDOWS: ("win32", "Windows", "nt"),
    Platform.LINUX: ("linux", "Linux", "posix"),
}
_FREE_THREADED = "get_config_var('Py_GIL_DISABLED')"
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
}
_ORDERS: Mapping[type[ast.cmpop], Callable[[tuple[object, ...], tuple[object, ...]], object]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def facts_of(minor: int, platform: Platform) -> Scope:
    """The values that a setup.py sees on CPython 3.`minor` with the GIL on Linux, macOS or Windows."""
    version = (3, minor, _MICRO, "final", 0)
    name, system, kind = _SYSTEMS.get(platform, (UNKNOWN, UNKNOWN, UNKNOWN))
    return {
        "__name__": "__main__",
        "sys.version_info": version,
        "sys.version_info.major": 3,
        "sys.version_info.minor": minor,
        "sys.hexversion": 3 << 24 | minor << 16 | _MICRO << 8 | 0xF0,
        "sys.implementation.name": "cpython",
        "sys.platform": name,
        "os.name": kind,
        "platform.system()": system,
        "platform.python_implementation()": "CPython",
        "python_implementation()": "CPython",
        "'__pypy__' in sys.builtin_module_names": False,
        "'__pypy__' not in sys.builtin_module_names": True,
        **dict.fromkeys((_FREE_THREADED, f"sysconfig.{_FREE_THREADED}"), 0 if minor >= 13 else None),
    }


def value_of(node: ast.expr, scope: Scope) -> object:
    """The value of an expression, or UNKNOWN."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return scope.get(name, UNKNOWN)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return _all_known(tuple(value_of(element, scope) for element in elements))
        case ast.UnaryOp() | ast.BoolOp() | ast.IfExp() | ast.JoinedStr():
            return _composed(node, scope)
        case _:
            return _by_name_or_parts(node, scope)


def _composed(node: ast.UnaryOp | ast.BoolOp | ast.IfExp | ast.JoinedStr, scope: Scope) -> object:
    match node:
        case ast.UnaryOp(op=op, operand=operand):
            truth = truth_of(operand, scope) if isinstance(op, ast.Not) else None
            return UNKNOWN if truth is None else not truth
        case ast.BoolOp(op=op, values=values):
            return _logic(values, scope, ends_at=isinstance(op, ast.Or))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            truth = truth_of(test, scope)
            return UNKNOWN if truth is None else value_of(body if truth else orelse, scope)
        case ast.JoinedStr(values=parts):
            return _text(parts, scope)
        case _:
            assert_never(node)


def truth_of(node: ast.expr, scope: Scope) -> bool | None:
    """Whether an expression is truthy; None if unknown."""
    value = value_of(node, scope)
    return None if value is UNKNOWN else bool(value)


def _by_name_or_parts(node: ast.expr, scope: Scope) -> object:
    text = _source(node)
    if text in scope:
        return scope[text]
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compare(op, value_of(left, scope), value_of(right, scope))
        case ast.Subscript(value=value, slice=index):
            return _item(value_of(value, scope), index)
        case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[prefix]):
            return _starts(value_of(value, scope), value_of(prefix, scope))
        case ast.Call(func=ast.Name(id="bool"), args=[value]):
            truth = truth_of(value, scope)
            return UNKNOWN if truth is None else truth
        case _:
            return UNKNOWN


@cache
def _source(node: ast.expr) -> str:
    # The known expressions are short, and ast.unparse is slow for long ones.
    return ast.unparse(node) if (node.end_col_offset or 0) - node.col_offset <= _LONGEST else ""


def _all_known(values: tuple[object, ...]) -> object:
    return UNKNOWN if UNKNOWN in values or sum(map(_weight, values)) > _MOST_VALUES else values


def _weight(value: object) -> int:
    """The number of values in a value; limited when it was created, so never large."""
    return sum(map(_weight, value)) + 1 if isinstance(value, tuple) else 1


def _logic(operands: list[ast.expr], scope: Scope, *, ends_at: bool) -> object:
    """Evaluate `and` and `or`; one operand may decide the result despite unknown ones."""
    truths = [truth_of(operand, scope) for operand in operands]
    if ends_at in truths:
        return ends_at
    return UNKNOWN if None in truths else not ends_at


def _text(parts: list[ast.expr], scope: Scope) -> object:
    values: list[object] = []
    for part in parts:
        is_plain = isinstance(part, ast.FormattedValue) and part.format_spec is None
        values.append(value_of(part.value if isinstance(part, ast.FormattedValue) and is_plain else part, scope))
    if UNKNOWN in values:
        return UNKNOWN
    text = "".join(map(str, values))
    return text if len(text) <= _LONGEST_TEXT else UNKNOWN


def _compare(op: ast.cmpop, left: object, right: object) -> object:
    if UNKNOWN in (left, right):
        return UNKNOWN
    if type(op) in _COMPARISONS:
        return _COMPARISONS[type(op)](left, right)
    if isinstance(op, (ast.In, ast.NotIn)):
        found = _contains(right, left)
        return UNKNOWN if found is None else found is isinstance(op, ast.In)
    try:
        return _ORDERS[type(op)](_as_tuple(left), _as_tuple(right))
    except TypeError:
        return UNKNOWN


def _contains(container: object, value: object) -> bool | None:
    if isinstance(container, str) and isinstance(value, str):
        return value in container
    return value in container if isinstance(container, tuple) else None


def _as_tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _item(value: object, index: ast.expr) -> object:
    if not isinstance(value, tuple):
        return UNKNOWN
    match index:
        case ast.Constant(value=int() as number) if number < len(value):
            return value[number]
        case ast.Slice(lower=None, upper=ast.Constant(value=int() as end), step=None):
            return value[:end]
        case _:
            return UNKNOWN


def _starts(value: object, prefix: object) -> object:
    if isinstance(value, str) and isinstance(prefix, str):
        return value.startswith(prefix)
    return UNKNOWN
