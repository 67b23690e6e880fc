"""Facts about a project's wheels and versions that its files reveal without a build."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from cibw.config.project.build_system import parse_script
from cibw.config.toml import TomlTable, as_table, parse_toml
from cibw.model.release import VERSION_TOOLS, VersionSource, required_names

ReadText = Callable[[str], str | None]
"""Returns the text of a file of the package, or None if it does not exist."""

_PURE_REQUIREMENTS = VERSION_TOOLS | frozenset(
    "build importlib-metadata packaging pip setuptools toml tomli tomlkit typing-extensions wheel".split()
)
"""Build requirements with which setuptools never compiles anything."""
_PURE_HOOKS = frozenset(["version", "vcs"])
"""Hatch build hooks that only write a module with the version."""
_MAY_COMPILE = re.compile(
    r"ext_modules|Extension|extensions|cffi_modules|cmdclass|distclass|build_ext|build_clib|bdist_wheel|setup_requires"
    r"|\blibraries\b|plat[_-]name|py[_-]limited[_-]api"
)
_OLD_TOOLS = re.compile(r"use_scm_version|\bversioneer\b|\bpbr\b")
"""Version tools that setup.py configures without a pyproject.toml."""
_WITHOUT_LOCAL = re.compile(r"no-local-version|\bmetadata\s*=\s*false", re.IGNORECASE)


def is_pure_python(pyproject: TomlTable, read_text: ReadText) -> bool:
    """Whether the wheels of a project are pure Python; False if only a build can tell."""
    system = as_table(pyproject.get("build-system"))
    tool = as_table(pyproject.get("tool"))
    backend = re.split(r"[.:]", str(system.get("build-backend", "setuptools")))[0]
    match "" if "backend-path" in system else backend:
        case "flit_core" | "flit_scm" | "uv_build":
            is_pure = True
        case "hatchling":
            is_pure = _has_pure_hooks(tool, read_text)
        case "poetry" | "poetry_dynamic_versioning":
            is_pure = "build" not in as_table(tool.get("poetry"))
        case "pdm":
            is_pure = _is_pure_pdm(system, tool, read_text)
        case "setuptools" | "pbr":
            is_pure = _is_pure_setuptools(system, tool, read_text)
        case _:
            is_pure = False
    return is_pure


def version_source(pyproject: TomlTable, read_text: ReadText) -> VersionSource:
    """Whether the version is written in the project's files or derived from the commit, as far as known."""
    project, tool = as_table(pyproject.get("project")), as_table(pyproject.get("tool"))
    names = _requirements(as_table(pyproject.get("build-system")))
    follows = (
        bool(names & VERSION_TOOLS)
        or as_table(as_table(tool.get("pdm")).get("version")).get("source") == "scm"
        or _OLD_TOOLS.search(read_text("setup.py") or "") is not None
    )
    if isinstance(project.get("version"), str) or not follows:
        return VersionSource.FILES
    texts = (read_text(name) or "" for name in ("pyproject.toml", "setup.py", "setup.cfg", "hatch.toml"))
    # pbr versions never have a local part.
    if "pbr" in names or any(map(_WITHOUT_LOCAL.search, texts)):
        return VersionSource.COMMIT
    return VersionSource.COMMIT_LOCAL


def _requirements(system: TomlTable) -> frozenset[str]:
    requires = system.get("requires", ())
    texts = requires if isinstance(requires, tuple) else ()
    return frozenset(required_names(text for text in texts if isinstance(text, str)))


def _has_pure_hooks(tool: TomlTable, read_text: ReadText) -> bool:
    try:
        tables = (as_table(tool.get("hatch")), parse_toml(read_text("hatch.toml") or ""))
    except ValueError:
        return False
    builds = [as_table(table.get("build")) for table in tables]
    wheels = [as_table(as_table(build.get("targets")).get("wheel")) for build in builds]
    hooks = [hook for table in (*builds, *wheels) for hook in as_table(table.get("hooks"))]
    return _PURE_HOOKS.issuperset(hooks)


def _is_pure_pdm(system: TomlTable, tool: TomlTable, read_text: ReadText) -> bool:
    build = as_table(as_table(tool.get("pdm")).get("build"))
    may_compile = {"run-setuptools", "custom-hook"} & set(build) or build.get("is-purelib") is False
    return (
        not may_compile
        and read_text("pdm_build.py") is None
        and {"pdm-backend", "pdm-pep517"}.issuperset(_requirements(system))
    )


def _is_pure_setuptools(system: TomlTable, tool: TomlTable, read_text: ReadText) -> bool:
    if not _PURE_REQUIREMENTS.issuperset(_requirements(system)):
        return False
    own, wheel = as_table(tool.get("setuptools")), as_table(as_table(tool.get("distutils")).get("bdist_wheel"))
    if {"ext-modules", "cmdclass"} & set(own) or set(wheel) - {"universal"}:
        return False
    script = read_text("setup.py") or ""
    # A universal wheel is pure.
    settings = (read_text("setup.cfg") or "").replace("[bdist_wheel]\nuniversal", "")
    return not any(map(_MAY_COMPILE.search, (script, settings))) and _is_plain(script)


def _is_plain(script: str) -> bool:
    """Whether a setup.py can be parsed and passes only named arguments, without `**`."""
    tree = parse_script(script)
    if tree is None:
        return False
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return all(argument.arg is not None for call in calls for argument in call.keywords)
