"""Which wheels a setup.py declares as abi3, found without running it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from cibw.errors import assert_never
from cibw.model.identifiers import Platform

# Static evaluation of expressions in a setup.py for a given Python version.

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


# Detection of abi3 wheels in a setup.py.

_KEY = "py_limited_api"
_SURE_MODULES = frozenset({"setuptools", "sys", "os", "platform", "sysconfig", "warnings"})
"""Modules that are always importable in a build with setuptools."""
_ADDING_FOLDERS = ("sys.path.insert", "sys.path.append")
_Block = list[ast.stmt]
Modules = Callable[[str], ast.Module | None]
"""Returns a module of the project by its path, such as `psutil/_common.py`."""


def no_modules(_path: str) -> ast.Module | None:
    """Find no modules."""
    return None


def stable_abi_claims(script: ast.Module, facts: Scope, modules: Modules = no_modules) -> list[str]:
    """The values of `py_limited_api`, such as `cp39`, that a script certainly sets, given some facts.

    This includes the tag that a `get_tag` returns together with `abi3`. Code under a condition with an unknown
    value is ignored.
    """
    reading = _Evaluator(scope=dict(facts), facts=facts, modules=modules)
    reading.block(script.body)
    # Functions run after the module, so its names are defined.
    names = reading.scope
    while reading.functions:
        function = reading.functions.pop()
        reading.claims.extend(_tags(function))
        reading.scope = dict(names)
        reading.block(function.body)
    return [claim for claim in reading.claims if isinstance(claim, str)]


@dataclass(slots=True, kw_only=True)
class _Evaluator:
    """Evaluates statements in order, and tracks the values of names and the claims found."""

    scope: dict[str, object]
    facts: Scope
    modules: Modules
    folders: list[str] = field(default_factory=lambda: [""])
    functions: list[ast.FunctionDef] = field(default_factory=list)
    claims: list[object] = field(default_factory=list)
    imported: dict[str, Scope] = field(default_factory=dict)

    def block(self, statements: _Block) -> None:
        for statement in statements:
            self._compound(statement)

    def _compound(self, statement: ast.stmt) -> None:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                self._branch(truth_of(test, self.scope), body, orelse)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                self.block(body)
                if not all(map(_is_sure_import, body)):
                    self._forget(handlers)
                self.block([*orelse, *final])
            case ast.With(body=body) | ast.ClassDef(body=body):
                self.block(body)
            case ast.FunctionDef():
                self.functions.append(statement)
            case ast.For() | ast.While() | ast.AsyncFunctionDef() | ast.Delete():
                self._forget([statement])
            case _:
                self._simple(statement)

    def _branch(self, truth: bool | None, body: _Block, orelse: _Block) -> None:
        if truth is None:
            self._forget([*body, *orelse])
        else:
            self.block(body if truth else orelse)

    def _simple(self, statement: ast.stmt) -> None:
        if _speaks_of_it(statement):
            self.claims.extend(_claims(statement, self.scope))
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.scope[name] = value_of(value, self.scope)
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key)) | ast.Attribute(attr=key)]) if (
                key == _KEY
            ):
                self.claims.append(value_of(statement.value, self.scope))
            case ast.Import(names=names):
                known = {alias.asname or alias.name: alias.name for alias in names if alias.name in _SURE_MODULES}
                self.scope.update({**dict.fromkeys(_names_set_by(statement), UNKNOWN), **known})
            case ast.ImportFrom(module=str() as module, names=names):
                self._import(module, names)
            case ast.Expr(value=ast.Call(args=[*_, path]) as call) if ast.unparse(call.func) in _ADDING_FOLDERS:
                self.folders.append("/".join(_texts(path)))
            case _:
                self._forget([statement])

    def _import(self, module: str, names: list[ast.alias]) -> None:
        if module not in self.imported:
            self.imported[module] = self._names_of(module)
        for alias in names:
            known = self.facts.get(f"{module}.{alias.name}", UNKNOWN)
            self.scope[alias.asname or alias.name] = self.imported[module].get(alias.name, known)

    def _names_of(self, module: str) -> Scope:
        paths = (f"{folder}/{module.replace('.', '/')}.py".lstrip("/") for folder in self.folders)
        found = next(filter(None, map(self.modules, paths)), None)
        if found is None:
            return {}
        inner = _Evaluator(scope={**self.facts, "__name__": module}, facts=self.facts, modules=no_modules)
        inner.block(found.body)
        return inner.scope

    def _forget(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.scope.update(dict.fromkeys(_names_set_by(node), UNKNOWN))


@cache
def _names_set_by(node: ast.AST) -> frozenset[str]:
    parts = [*ast.walk(node)]
    names = {part.id for part in parts if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
    return frozenset(names | {part.asname or part.name for part in parts if isinstance(part, ast.alias)})


@cache
def _speaks_of_it(statement: ast.stmt) -> bool:
    # A script is evaluated once per Python version, and few of its statements are relevant.
    return _KEY in ast.unparse(statement)


def _is_sure_import(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names=names):
            return all(alias.name in _SURE_MODULES for alias in names)
        case ast.ImportFrom(module=module):
            return module in _SURE_MODULES
        case _:
            return False


def _claims(node: ast.AST, scope: Scope) -> Iterator[object]:
    match node:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            truth = truth_of(test, scope)
            if truth is not None:
                yield from _claims(body if truth else orelse, scope)
            return
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value == _KEY:
                    yield value_of(value, scope)
        case ast.keyword(arg="py_limited_api", value=value):
            yield value_of(value, scope)
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _claims(child, scope)


def _tags(function: ast.FunctionDef) -> Iterator[object]:
    if function.name != "get_tag":
        return
    for node in ast.walk(function):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=python), ast.Constant(value="abi3"), *_]):
                yield python
            case _:
                pass


def _texts(node: ast.expr) -> list[str]:
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return [part for part in parts if isinstance(part, str)]
