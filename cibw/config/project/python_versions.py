"""The Python versions that a project supports."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cibw.config.project.build_system import parse_script, parse_setup_cfg
from cibw.config.values.types import forget
from cibw.model.identifiers import Interpreter

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


# Python version specifiers such as `>=3.9,!=3.10.*`.

_PLAIN = re.compile(r"\s*(>=|<=|>|<|==|!=)\s*([0-9]{1,9}(?:\.[0-9]{1,9})*)\s*")
_LONG_NUMBER = re.compile(r"[0-9]{10}")
_LONGEST = 1000
_LAST_PATCH = 99
"""A high patch release, so that `>=3.9.2` does not exclude Python 3.9."""


@dataclass(frozen=True, slots=True)
class _Clause:
    """A comparison with a release without trailing zeros."""

    operator: str
    release: tuple[int, ...]

    def admits(self, version: tuple[int, ...]) -> bool:
        match self.operator:
            case ">=":
                return version >= self.release
            case "<=":
                return version <= self.release
            case ">":
                return version > self.release
            case "<":
                return version < self.release
            case "==":
                return version == self.release
            case _:
                return version != self.release


@dataclass(frozen=True, slots=True)
class PythonVersions:
    """A version specifier, as it was written."""

    text: str
    _judge: tuple[_Clause, ...] | SpecifierSet

    @classmethod
    def parse(cls, text: str) -> PythonVersions:
        """Parse a specifier; ValueError if it is invalid.

        Comparisons with plain releases, which nearly all projects use, are handled here. Importing the packaging
        library takes longer than everything else that is needed to list identifiers.
        """
        if len(text) > _LONGEST or _LONG_NUMBER.search(text):
            raise ValueError("a version specifier is too long, or one of its numbers is")
        parts = [part.strip() for part in text.split(",") if part.strip()]
        matches = [_PLAIN.fullmatch(part) for part in parts]
        clauses = tuple(_Clause(match[1], _release(match[2])) for match in matches if match)
        if len(clauses) == len(parts):
            return cls(",".join(parts), clauses)
        from packaging.specifiers import SpecifierSet

        return cls(",".join(parts), SpecifierSet(text))

    def admits(self, interpreter: Interpreter) -> bool:
        """Whether the newest patch release of an interpreter's version matches."""
        if isinstance(self._judge, tuple):
            version = (interpreter.major, interpreter.minor, _LAST_PATCH)
            return all(clause.admits(version) for clause in self._judge)
        return self._judge.contains(f"{interpreter.version}.{_LAST_PATCH}")

    def __str__(self) -> str:
        return self.text


def _release(text: str) -> tuple[int, ...]:
    numbers = [int(number) for number in text.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


# The Python versions that a project supports according to its metadata.

_KEY = "python_requires"


def find_requires_python(
    pyproject: Mapping[str, object],
    setup_cfg: str | None,
    setup_py: str | None,
    note: Callable[[str], None] = forget,
) -> PythonVersions | None:
    """Find the supported versions in the parsed pyproject.toml, otherwise in setup.cfg, otherwise in setup.py.

    The last two are texts, or None if the file does not exist. Return None if no file sets them. `note` gets a note
    if setup.py cannot be parsed. ValueError, which names the file, if a version specifier or setup.cfg is invalid.
    """
    for place, value in _candidates(pyproject, setup_cfg, setup_py, note):
        if value is not None:
            return parse_requires_python(value, place)
    return None


def parse_requires_python(text: str, place: str) -> PythonVersions:
    """Parse a version specifier such as `>=3.9,!=3.10.*`; ValueError names its place."""
    try:
        return PythonVersions.parse(text)
    except ValueError:
        raise ValueError(
            f"{place}: {text!r} is not a version specifier; use one such as '>=3.9' or '>=3.9,<3.14'"
        ) from None


def _candidates(
    pyproject: Mapping[str, object], setup_cfg: str | None, setup_py: str | None, note: Callable[[str], None]
) -> Iterator[tuple[str, str | None]]:
    yield "pyproject.toml [project] requires-python", _in_pyproject(pyproject)
    yield "setup.cfg [options] python_requires", _in_setup_cfg(setup_cfg)
    yield "setup.py python_requires", _in_setup_py(setup_py or "", note)


def _in_pyproject(pyproject: Mapping[str, object]) -> str | None:
    project = pyproject.get("project")
    if not isinstance(project, Mapping):
        return None
    value = project.get("requires-python")
    if value is None or isinstance(value, str):
        return value
    raise ValueError("pyproject.toml [project] requires-python: must be a string, such as '>=3.9'")


def _in_setup_cfg(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        parser = parse_setup_cfg(text)
    except ValueError as error:
        raise ValueError(f"setup.cfg: {error}") from error
    return parser.get("options", "python_requires", fallback=None)


def _in_setup_py(text: str, note: Callable[[str], None]) -> str | None:
    if _KEY not in text:
        return None
    module = parse_script(text)
    if module is None:
        note(f"cannot parse setup.py, so its {_KEY} was ignored")
        return None
    found = None
    for statement in module.body:
        inner = statement.body if isinstance(statement, ast.If) and _is_main_guard(statement.test) else [statement]
        for call in inner:
            found = _python_requires(call) or found
    return found


def _python_requires(statement: ast.stmt) -> str | None:
    match statement:
        # Includes `meta = dict(python_requires=...)` for `setup(**meta)`.
        case ast.Expr(value=ast.Call(keywords=keywords)) | ast.Assign(value=ast.Call(keywords=keywords)):
            values = [keyword.value for keyword in keywords if keyword.arg == _KEY]
        case _:
            return None
    match values:
        case [ast.Constant(value=str() as version)]:
            return version
        case _:
            return None


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return any(map(_is_name_and_main, (left, right), (right, left)))
        case _:
            return False


def _is_name_and_main(name: ast.expr, main: ast.expr) -> bool:
    match name, main:
        case ast.Name(id="__name__"), ast.Constant(value="__main__"):
            return True
        case _:
            return False
