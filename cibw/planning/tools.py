"""The tools that a build finds in an environment of the host."""

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
"""The minor version since which environments have had pip alone."""


def constraints(options: BuildOptions, identifier: BuildIdentifier, catalog: Catalog) -> str:
    """The text of the constraints file for the tools of a build; empty where nothing is pinned."""
    if options.dependency_versions.source is DependencySource.PINNED:
        is_pyodide = identifier.platform is Platform.PYODIDE
        return catalog.constraints(identifier.interpreter.version, pyodide=is_pyodide)
    return options.dependency_versions.text_for(identifier)


def seed(interpreter: Interpreter, python: Template, pins: str = "") -> Run:
    """Install what `uv venv --seed` would, but from the indexes that the environment option may name."""
    older = ("setuptools", "wheel") if interpreter.minor < _FIRST_WITHOUT_SETUPTOOLS else ()
    return program("uv", "pip", "install", "--python", python, *_pinned(pins), "pip", *older)


def frontend_tools(options: BuildOptions, python: Template, pins: str, *further: str) -> tuple[Action, ...]:
    """Install the build frontend, where it is a package, and further tools, in the versions that are pinned."""
    packages = (*further, *_frontend(options))
    return (program("uv", "pip", "install", "--python", python, *_pinned(pins), *packages),) if packages else ()


def tools_by_pip(options: BuildOptions, python: Template, pins: str) -> tuple[Action, ...]:
    """Install pip and the build frontend where uv can't, in the versions that are pinned."""
    return (program(python, "-m", "pip", "install", "--upgrade", *_pinned(pins), "pip", *_frontend(options)),)


def pip_of_virtualenv(pins: str, identifier: BuildIdentifier) -> Iterator[EnvExpr]:
    """Let isolated environments have the pip that is pinned, where it is; virtualenv would take its own."""
    for pin in pins.splitlines():
        found = _PINNED_PIP.fullmatch(pin.strip())
        if found and _counts(found["marker"], identifier):
            yield unless_set("VIRTUALENV_PIP", found["version"])


def _counts(marker: str | None, identifier: BuildIdentifier) -> bool:
    if not marker:
        return True
    # Few plans meet a marker, and the library takes longer to load than they take to be made.
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
