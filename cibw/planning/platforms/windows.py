"""Windows: interpreters of NuGet packages, PyPy, GraalPy or uv, and cross builds for ARM64."""

from __future__ import annotations

from collections.abc import Iterator

from cibw.catalog import CatalogEntry
from cibw.exhaustive import assert_never
from cibw.model.environment import EnvExpr, Variable
from cibw.model.identifier import Implementation
from cibw.model.images import HostSpec
from cibw.model.layout import BUILD_ENVIRONMENT, WINDOWS_VENV, WORK
from cibw.model.plan import Action
from cibw.model.shell import Shell
from cibw.model.target import Architecture, Platform
from cibw.model.template import Template
from cibw.planning.architectures import native_architecture
from cibw.planning.commands import assign, virtual_environment
from cibw.planning.files import script
from cibw.planning.ground import Circumstances, Conventions, Ground
from cibw.planning.interpreters import Brought, fetched, kept_interpreter, managed, unpacked, wants_uv
from cibw.planning.tools import constraints, frontend_tools, seed

_X64, _X86, _ARM64 = Architecture.WIN_AMD64, Architecture.WIN_X86, Architecture.WIN_ARM64
_CONVENTIONS = Conventions(shell=Shell.CMD, venv=WINDOWS_VENV)
_PACKAGES = {_X64: "python", _X86: "pythonx86", _ARM64: "pythonarm64"}
_UV_SYSTEMS = {_X64: "windows-x86_64", _X86: "windows-x86", _ARM64: "windows-aarch64"}
_PYTHON_ARCHS = {_X64: "64", _X86: "32", _ARM64: "ARM64"}
_CROSS_SETTINGS = Template.of(WORK, "/cross.cfg")


def ground(given: Circumstances) -> Ground:
    """A build on Windows, in an environment of its own; one for ARM64 elsewhere is made by the host's own Python."""
    identifier, resolved = given.identifier, given.resolved
    native = native_architecture(Platform.WINDOWS, given.facts) or _X64
    architecture = identifier.target.architecture
    is_cross = architecture is _ARM64 and native is not _ARM64
    brought = _interpreter(given, native if is_cross else architecture)
    python = WINDOWS_VENV.python(BUILD_ENVIRONMENT)
    pins = constraints(resolved, identifier, given.catalog)
    return Ground(
        machine=HostSpec(),
        base_python=brought.python,
        python=python,
        bin_dir=WINDOWS_VENV.bin_dir(BUILD_ENVIRONMENT),
        conventions=_CONVENTIONS,
        set_up=(
            *brought.actions,
            *(_libraries(given.entry) if is_cross else ()),
            virtual_environment(brought.python, BUILD_ENVIRONMENT),
        ),
        tools=(seed(identifier.interpreter, python, pins), *frontend_tools(resolved, python, pins, "delvewheel")),
        environment=(
            assign("VIRTUAL_ENV", BUILD_ENVIRONMENT),
            assign("PYTHON_VERSION", given.entry.version),
            assign("PYTHON_ARCH", _PYTHON_ARCHS[architecture]),
            *([_cargo_target()] if is_cross else []),
        ),
        last_environment=tuple(_cross_environment(given.entry)) if is_cross else (),
        keeps_environments=False,
        caches_compilers=False,
        shares_host=True,
        constraints=pins,
        untested=f"{native.value} can't run programs for ARM64" if is_cross else "",
    )


def _interpreter(given: Circumstances, architecture: Architecture) -> Brought:
    interpreter = given.identifier.interpreter
    if wants_uv(given.resolved, interpreter):
        return managed(interpreter, _UV_SYSTEMS[architecture])
    match interpreter.implementation:
        case Implementation.PYPY:
            return unpacked(given.entry, "python.exe")
        case Implementation.GRAALPY:
            return unpacked(given.entry, "bin/graalpy.exe")
        case Implementation.CPYTHON:
            return _nuget(given.entry, architecture)
        case _:
            assert_never(interpreter.implementation)


def _nuget(entry: CatalogEntry, architecture: Architecture) -> Brought:
    package = _package(entry, architecture)
    return fetched(f"nuget:{package}/{entry.version}", entry.sha256, f"{package}.{entry.version}", "tools/python.exe")


def _package(entry: CatalogEntry, architecture: Architecture) -> str:
    return f"{_PACKAGES[architecture]}{'-freethreaded' * entry.identifier.interpreter.free_threaded}"


def _libraries(entry: CatalogEntry) -> tuple[Action, ...]:
    """What a cross build links with: the import libraries of the Python that it is for."""
    libraries = Template.of(kept_interpreter(f"{_package(entry, _ARM64)}.{entry.version}"), "/tools/libs")
    return (*_nuget(entry, _ARM64).actions, script("cross", _CROSS_SETTINGS, libraries, "win-arm64"))


def _cargo_target() -> EnvExpr:
    return assign("CARGO_BUILD_TARGET", Variable("CARGO_BUILD_TARGET", ("aarch64-pc-windows-msvc",)))


def _cross_environment(entry: CatalogEntry) -> Iterator[EnvExpr]:
    """What tells setuptools of the other architecture, as it looks at the Python that runs it."""
    yield assign("DIST_EXTRA_CONFIG", _CROSS_SETTINGS)
    yield assign("VSCMD_ARG_TGT_ARCH", "arm64")
    yield assign("SETUPTOOLS_EXT_SUFFIX", f".{entry.identifier}.pyd")
    yield assign("SETUPTOOLS_USE_DISTUTILS", "local")
