"""The Python versions that a project supports according to its metadata."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from cibw.config.kinds import forget
from cibw.config.python_versions import PythonVersions
from cibw.config.setup_files import parse_script, parse_setup_cfg

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
