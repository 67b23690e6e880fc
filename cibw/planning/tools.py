"""The build tools that are installed into an environment on the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cibw.catalog import Catalog
from cibw.config.options import BuildOptions, DependencySource, FrontendName
from cibw.model.environment import EnvExpr
from cibw.model.identifier import BuildIdentifier, Implementation, Interpreter
from cibw.model.layout import CONSTRAINTS
from cibw.model.plan import Action, Run
from cibw.model.target import Platform
from cibw.model.template import Template
from cibw.planning.commands import program, unless_set

_PINNED_PIP = re.compile(r"pip *== *(?P<version>[0-9.]+) *(?:; *(?P<marker>.+))?")
_IMPLEMENTATIONS = {
    Implementation.CPYTHON: "cpython",
    Implementation.PYPY: "pypy",
    Implementation.GRAALPY: "graalpy",
}
_SYSTEMS = {Platform.MACOS: "Darwin", Platform.WINDOWS: "Windows"}
_FIRST_WITHOUT_SETUPTOOLS = 12
"""The first minor version whose environments contain only pip."""


def constraints(options: BuildOptions, identifier: BuildIdentifier, catalog: Catalog) -> str:
    """The text of the constraints file for the tools of a build; empty if nothing is pinned."""
    if options.dependency_versions.source is DependencySource.PINNED:
        is_pyodide = identifier.platform is Platform.PYODIDE
        return catalog.constraints(identifier.interpreter.version, pyodide=is_pyodide)
    return options.dependency_versions.text_for(identifier)


def seed(interpreter: Interpreter, python: Template, pins: str = "") -> Run:
    """Install the packages of `uv venv --seed`, but from the indexes set in the environment option."""
    older = ("setuptools", "wheel") if interpreter.minor < _FIRST_WITHOUT_SETUPTOOLS else ()
    return program("uv", "pip", "install", "--python", python, *_pinned(pins), "pip", *older)


def frontend_tools(options: BuildOptions, python: Template, pins: str, *further: str) -> tuple[Action, ...]:
    """Install the build frontend, if it is a package, and other tools, in their pinned versions."""
    packages = (*further, *_frontend(options))
    return (program("uv", "pip", "install", "--python", python, *_pinned(pins), *packages),) if packages else ()


def tools_by_pip(options: BuildOptions, python: Template, pins: str) -> tuple[Action, ...]:
    """Install pip and the build frontend with pip, in their pinned versions, where uv cannot."""
    return (program(python, "-m", "pip", "install", "--upgrade", *_pinned(pins), "pip", *_frontend(options)),)


def pip_of_virtualenv(pins: str, identifier: BuildIdentifier) -> Iterator[EnvExpr]:
    """Use the pinned pip in isolated environments; virtualenv would use its bundled one."""
    for pin in pins.splitlines():
        found = _PINNED_PIP.fullmatch(pin.strip())
        if found and _counts(found["marker"], identifier):
            yield unless_set("VIRTUALENV_PIP", found["version"])


def _counts(marker: str | None, identifier: BuildIdentifier) -> bool:
    if not marker:
        return True
    # Few plans need markers, and importing the library takes longer than planning.
    from packaging.markers import InvalidMarker, Marker

    values = {
        "implementation_name": _IMPLEMENTATIONS[identifier.interpreter.implementation],
        "platform_system": _SYSTEMS[identifier.platform],
        "python_version": identifier.interpreter.version,
    }
    try:
        return Marker(marker).evaluate(values)
    except InvalidMarker:
        return False


def _frontend(options: BuildOptions) -> tuple[str, ...]:
    return ("build",) if options.build_frontend.name in (FrontendName.BUILD, FrontendName.BUILD_UV) else ()


def _pinned(pins: str) -> tuple[str | Template, ...]:
    return ("--constraint", CONSTRAINTS) if pins else ()
