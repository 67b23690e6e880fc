"""The build requirements of a project, if they are known before the build."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING

from cibw.config.toml import TomlTable, as_table, parse_toml
from cibw.errors import ConfigurationError

if TYPE_CHECKING:
    from configparser import RawConfigParser


# Parsers of setup.py and setup.cfg that tolerate hostile and generated files.

_LINES = 20_000
_DEPTH = 150


def parse_script(text: str) -> ast.Module | None:
    """The syntax tree of a Python file; None if it cannot be parsed.

    A script may be written for another Python version, so this is not an error.
    """
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_shallow(tree: ast.AST) -> bool:
    """Whether a syntax tree is shallow enough for recursive functions."""
    level: list[ast.AST] = [tree]
    for _ in range(_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


def parse_setup_cfg(text: str) -> RawConfigParser:
    """Parse a setup.cfg; ValueError if it is invalid."""
    import configparser

    # The parser takes quadratic time if many lines are invalid.
    if text.count("\n") > _LINES:
        raise ValueError(f"it has more than {_LINES} lines")
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, source="setup.cfg")
    except configparser.Error as error:
        raise ValueError(" ".join(str(error).split())) from error
    return parser


# Detection of setup.py scripts that may add build requirements.

ReadText = Callable[[str], str | None]
"""Returns the text of a file of the package, or None if it does not exist."""
_KEY = re.compile("setup[-_]requires")
_MAKERS = frozenset({"setuptools", "distutils.core"})
_RUNNING_OTHERS = frozenset({"exec", "eval", "execfile", "__import__", "importlib", "imp", "runpy", "site"})
"""Names with which a script runs files without importing them, or changes the import path."""
_MOST_MODULES = 50


def names_requirements(text: str | None) -> bool:
    """Whether a file of a project mentions `setup_requires`."""
    return bool(text and _KEY.search(text))


def may_require_more(script: str | None, read_text: ReadText) -> bool:
    """Whether a setup.py, or the project modules that it imports, may set `setup_requires`.

    The answer is False only if the script calls the `setup` of setuptools with literal keywords, and executes
    nothing that is not visible in its text.
    """
    if script is None:
        return False
    tree = _parsed(script)
    if tree is None or not _is_plain_setup(tree):
        return True
    waiting, seen = [_Module(tree=tree, package="")], set[str]()
    while waiting:
        module = waiting.pop()
        for path in (path for path in module.imported() if path not in seen):
            seen.add(path)
            text = read_text(path)
            if text is None:
                continue
            inner = _parsed(text)
            if inner is None or len(seen) > _MOST_MODULES or any(True for _call in _setups(inner)):
                return True
            waiting.append(_Module(tree=inner, package=dirname(path)))
    return False


def _parsed(text: str) -> ast.Module | None:
    """The syntax tree of a module; None if its text does not show everything that it does."""
    tree = None if names_requirements(text) else parse_script(text)
    if tree is None or not is_shallow(tree):
        return None
    return None if _runs_others(tree) else tree


def _runs_others(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.alias(name=name) | ast.ImportFrom(module=str() as name) if (
                name.partition(".")[0] in _RUNNING_OTHERS
            ):
                return True
            case ast.Attribute(value=ast.Name(id="sys"), attr="path"):
                return True
            case ast.ImportFrom(module="sys"):
                return True
            case _:
                pass
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """A module of a project, and the directory of its package."""

    tree: ast.Module
    package: str

    def imported(self) -> Iterator[str]:
        """The paths of the imported modules, if they are part of the project."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=names):
                    for alias in names:
                        yield from _paths(alias.name.replace(".", "/"))
                case ast.ImportFrom(module=module, names=names, level=level):
                    base = "/".join(filter(None, (self._parent(level), (module or "").replace(".", "/"))))
                    yield from _paths(base)
                    for alias in names:
                        yield from _paths("/".join(filter(None, (base, alias.name))))
                case _:
                    pass

    def _parent(self, level: int) -> str:
        directory = self.package if level else ""
        for _ in range(level - 1):
            directory = dirname(directory)
        return directory


def _paths(name: str) -> Iterator[str]:
    parts = name.split("/")
    for count in range(1, len(parts) + 1):
        place = "/".join(parts[:count])
        yield from (f"{place}.py", f"{place}/__init__.py")


def _setups(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="setup") | ast.Attribute(attr="setup")):
                yield node
            case _:
                pass


def _is_plain_setup(tree: ast.Module) -> bool:
    """Whether all calls of `setup` are those of setuptools, with keywords written in the script."""
    calls = list(_setups(tree))
    keywords = [keyword.value for call in calls for keyword in call.keywords if keyword.arg is None]
    is_own = all(_is_of_setuptools(call.func, tree) and not call.args for call in calls)
    return bool(calls) and is_own and all(_is_written_out(value, tree) for value in keywords)


def _is_of_setuptools(function: ast.expr, tree: ast.Module) -> bool:
    if isinstance(function, ast.Attribute):
        return ast.unparse(function.value) in _MAKERS
    makers = [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and any((alias.asname or alias.name) in ("setup", "*") for alias in node.names)
    ]
    return bool(makers) and _MAKERS.issuperset(makers)


def _is_written_out(value: ast.expr, tree: ast.Module) -> bool:
    """Whether all keys of a mapping are written in the script."""
    match value:
        case ast.Dict(keys=keys):
            return all(isinstance(key, ast.Constant) for key in keys)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return all(keyword.arg is not None for keyword in keywords)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_written_out(body, tree) and _is_written_out(orelse, tree)
        case ast.Name(id=name):
            uses = [_use_is_plain(node, name, tree) for node in ast.walk(tree)]
            return all(use is not False for use in uses) and any(uses)
        case _:
            return False


def _use_is_plain(node: ast.AST, name: str, tree: ast.Module) -> bool | None:
    """Whether a statement assigns a mapping with literal keys to a name; None if it does not affect the keys."""
    match node:
        case ast.Assign(targets=targets, value=value) if any(_is_name(target, name) for target in targets):
            return not isinstance(value, ast.Name) and _is_written_out(value, tree)
        case ast.Subscript(value=ast.Name(id=found), slice=key, ctx=ast.Store()) if found == name:
            return None if isinstance(key, ast.Constant) else False
        case ast.Attribute(value=ast.Name(id=found)) if found == name:
            return False
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target) | ast.For(target=target) if _is_name(
            target, name
        ):
            return False
        case _:
            return None


def _is_name(target: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target)) and not isinstance(
        target, ast.Subscript
    )


# The build requirements of a project, if they are known before the build.

_BACKENDS = ("setuptools.build_meta", "setuptools.build_meta:__legacy__")
_DEFAULT_REQUIRES = ("setuptools>=40.8.0",)
"""The default for a missing table (PEP 518)."""
_NEEDS_NO_WHEEL = (70, 1)
"""The first setuptools that builds wheels without the package `wheel`."""
_SETUPTOOLS = re.compile(r"setuptools\s*(\[[^\]]*\])?(?P<versions>([<>=!~][^@;]*)?)(;.*)?", re.IGNORECASE)
_UPPER_BOUND = re.compile(r"(?:<=?|~=|===?)\s*v?(\d{1,9})(?:\.(\d{1,9}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSystem:
    """All build requirements of a project, and the text of the pyproject.toml that names them."""

    requires: tuple[str, ...]
    pyproject: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the pyproject.toml."""
        import hashlib

        return hashlib.sha256(self.pyproject.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTexts:
    """The texts of the files that define a project's build; None for a missing file.

    `read` returns the text of any other file.
    """

    pyproject: str | None
    setup_cfg: str | None
    setup_py: str | None
    read: ReadText = lambda _name: None


def find_build_system(table: TomlTable, texts: ProjectTexts) -> BuildSystem | None:
    """The build requirements of a project, given its parsed pyproject.toml.

    None if only the backend knows all of them: other backends than setuptools may have more, and so does
    setuptools if a script may set `setup_requires`.
    """
    if texts.pyproject is None:
        return None
    system = as_table(table.get("build-system"))
    requires = system.get("requires", _DEFAULT_REQUIRES)
    if system.get("build-backend", _BACKENDS[1]) not in _BACKENDS or "backend-path" in system:
        return None
    if names_requirements(texts.setup_cfg) or may_require_more(texts.setup_py, texts.read):
        return None
    if not isinstance(requires, tuple) or not all(isinstance(one, str) for one in requires):
        return None
    return _known([str(one) for one in requires], texts.pyproject)


def build_requirements(pyproject: str | None) -> tuple[str, ...]:
    """The build requirements in a pyproject.toml; ConfigurationError if it is not valid TOML."""
    try:
        system = as_table(parse_toml(pyproject or "").get("build-system"))
    except ValueError as error:
        raise ConfigurationError(f"pyproject.toml is not valid TOML: {error}") from error
    requires = system.get("requires", ())
    return tuple(one for one in requires if isinstance(one, str)) if isinstance(requires, tuple) else ()


def _known(requires: list[str], pyproject: str) -> BuildSystem | None:
    of_setuptools = [match["versions"] for one in requires if (match := _SETUPTOOLS.fullmatch(one.strip()))]
    if not of_setuptools or not all(map(_may_be_new, of_setuptools)):
        return None
    return BuildSystem(requires=tuple(requires), pyproject=pyproject)


def _may_be_new(versions: str) -> bool:
    """Whether the specifier allows a setuptools that needs no `wheel`; the newest allowed one is installed."""
    bounds = [(int(match[1]), int(match[2] or 0)) for match in _UPPER_BOUND.finditer(versions)]
    return all(bound > _NEEDS_NO_WHEEL for bound in bounds)
