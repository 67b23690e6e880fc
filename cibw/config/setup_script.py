"""Detection of abi3 wheels in a setup.py."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from cibw.config.static_values import UNKNOWN, Scope, truth_of, value_of

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
    reading = _Reading(scope=dict(facts), facts=facts, modules=modules)
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
class _Reading:
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
        inner = _Reading(scope={**self.facts, "__name__": module}, facts=self.facts, modules=no_modules)
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
