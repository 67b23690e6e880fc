"""Windows: interpreters from NuGet, PyPy, GraalPy or uv, and cross builds for ARM64."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cibw.catalog import CatalogEntry, nuget_package
from cibw.model.identifiers import Architecture, Implementation, Platform
from cibw.model.plan import Action
from cibw.model.templates import WINDOWS_VENV, WORK, EnvExpr, Shell, Template, Variable
from cibw.planning.actions import BuildInputs, Conventions, PlatformSetup, assign, script
from cibw.planning.interpreters import (
    ManagedPython,
    fetched,
    kept_interpreter,
    managed,
    managed_python,
    unpacked,
    wants_uv,
)
from cibw.planning.select import native_architecture

_X64, _X86, _ARM64 = Architecture.WIN_AMD64, Architecture.WIN_X86, Architecture.WIN_ARM64
_CONVENTIONS = Conventions(shell=Shell.CMD, venv=WINDOWS_VENV)
_UV_SYSTEMS = {_X64: "windows-x86_64", _X86: "windows-x86", _ARM64: "windows-aarch64"}
_PYTHON_ARCHS = {_X64: "64", _X86: "32", _ARM64: "ARM64"}
_INSIDE = {Implementation.PYPY: "python.exe", Implementation.GRAALPY: "bin/graalpy.exe"}
_CROSS_SETTINGS = Template.of(WORK, "/cross.cfg")


def platform_setup(inputs: BuildInputs) -> PlatformSetup:
    """A build on Windows in its own environment; cross builds for ARM64 use the host's Python."""
    native = native_architecture(Platform.WINDOWS, inputs.facts) or _X64
    architecture = inputs.identifier.target.architecture
    is_cross = architecture is _ARM64 and native is not _ARM64
    provided = _interpreter(inputs, native if is_cross else architecture)
    libraries = _libraries(inputs) if is_cross else ()
    common = managed_python(inputs, provided, ("delvewheel",), _CONVENTIONS, *libraries)
    own = (assign("PYTHON_VERSION", inputs.entry.version), assign("PYTHON_ARCH", _PYTHON_ARCHS[architecture]))
    if not is_cross:
        return replace(common, environment=(*common.environment, *own))
    return replace(
        common,
        environment=(*common.environment, *own, _cargo_target()),
        last_environment=tuple(_cross_environment(inputs.entry)),
        untested=f"{native.value} cannot run ARM64 programs",
    )


def _interpreter(inputs: BuildInputs, architecture: Architecture) -> ManagedPython:
    interpreter = inputs.identifier.interpreter
    if wants_uv(inputs.resolved, interpreter):
        return managed(interpreter, _UV_SYSTEMS[architecture])
    inside = _INSIDE.get(interpreter.implementation)
    return unpacked(inputs.entry, inside) if inside else _nuget(inputs, architecture)


def _nuget(inputs: BuildInputs, architecture: Architecture) -> ManagedPython:
    package, version = nuget_package(inputs.identifier.interpreter, architecture), inputs.entry.version
    sha256 = inputs.catalog.nuget_hash(package, version)
    return fetched(f"nuget:{package}/{version}", sha256, f"{package}.{version}", "tools/python.exe")


def _libraries(inputs: BuildInputs) -> tuple[Action, ...]:
    """Provide the import libraries of the target Python to a cross build."""
    package = nuget_package(inputs.identifier.interpreter, _ARM64)
    libraries = Template.of(kept_interpreter(f"{package}.{inputs.entry.version}"), "/tools/libs")
    return (*_nuget(inputs, _ARM64).actions, script("cross", _CROSS_SETTINGS, libraries, "win-arm64"))


def _cargo_target() -> EnvExpr:
    return assign("CARGO_BUILD_TARGET", Variable("CARGO_BUILD_TARGET", ("aarch64-pc-windows-msvc",)))


def _cross_environment(entry: CatalogEntry) -> Iterator[EnvExpr]:
    """Variables that set the target architecture in setuptools, which uses that of its Python otherwise."""
    yield assign("DIST_EXTRA_CONFIG", _CROSS_SETTINGS)
    yield assign("VSCMD_ARG_TGT_ARCH", "arm64")
    yield assign("SETUPTOOLS_EXT_SUFFIX", f".{entry.identifier}.pyd")
    yield assign("SETUPTOOLS_USE_DISTUTILS", "local")
