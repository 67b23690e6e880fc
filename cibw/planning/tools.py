"""The tools that a build finds in an environment of the host."""

from __future__ import annotations

from cibw.catalog import Catalog
from cibw.config.options import BuildOptions, DependencySource, FrontendName
from cibw.model.identifier import BuildIdentifier, Interpreter
from cibw.model.layout import CONSTRAINTS
from cibw.model.plan import Action, Run
from cibw.model.target import Platform
from cibw.model.template import Template
from cibw.planning.commands import program

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


def _frontend(options: BuildOptions) -> tuple[str, ...]:
    return ("build",) if options.build_frontend.name in (FrontendName.BUILD, FrontendName.BUILD_UV) else ()


def _pinned(pins: str) -> tuple[str | Template, ...]:
    return ("--constraint", CONSTRAINTS) if pins else ()
