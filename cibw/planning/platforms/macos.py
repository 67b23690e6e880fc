"""macOS: interpreters of python.org, PyPy, GraalPy or uv, for x86_64 and arm64."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cibw.model.identifiers import Architecture, BuildIdentifier, Implementation, NotBuilt, Platform
from cibw.model.templates import EnvExpr, Placeholder, Substitution, Template, Variable
from cibw.planning.actions import BuildInputs, Conventions, PlatformSetup, TestTarget, assign, unless_set
from cibw.planning.interpreters import ManagedPython, managed_python, python_of_mac, unpacked, wants_uv
from cibw.planning.select import native_architecture

_TARGET = "MACOSX_DEPLOYMENT_TARGET"
_BEFORE_ALL_TARGET = "10.9"
_INTEL, _ARM, _BOTH = Architecture.X86_64, Architecture.ARM64, Architecture.UNIVERSAL2
_HOST_PLATFORMS = {_INTEL: "macosx-10.9-x86_64", _ARM: "macosx-11.0-arm64", _BOTH: "macosx-10.9-universal2"}
_ARCH_FLAGS = {_INTEL: "-arch x86_64", _ARM: "-arch arm64", _BOTH: "-arch arm64 -arch x86_64"}
_DELOCATE_ARCHS = {_INTEL: "x86_64", _ARM: "arm64", _BOTH: "x86_64,arm64"}
_INSIDE = {Implementation.PYPY: "bin/pypy3", Implementation.GRAALPY: "bin/graalpy"}
_ROSETTA = TestTarget(prefix=("arch", "-x86_64"), uv_args=("--python-platform", "x86_64-apple-darwin"))
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")
_CURRENT = Substitution("sw_vers -productVersion | cut -d . -f 1")
_NO_ARM = "an x86_64 Mac cannot run arm64 programs"


def platform_setup(inputs: BuildInputs) -> PlatformSetup | NotBuilt:
    """A build on a Mac in its own environment; the host's processor determines which tests can run."""
    identifier = inputs.identifier
    native = native_architecture(Platform.MACOS, inputs.facts) or _ARM
    if wants_uv(inputs.resolved, identifier.interpreter) and identifier.target.architecture is _BOTH:
        reason = 'uv has no universal2 Python; use python-source = "catalog"'
        return NotBuilt(identifier=identifier, reason=reason)
    provided = _interpreter(inputs, native)
    common = managed_python(inputs, provided, ("delocate",), Conventions())
    target = _deployment_target(inputs)
    tests = _tests(inputs, native)
    return replace(
        common,
        path=_path(common.bin_dir, provided.bin_dir),
        environment=(*common.environment, *_compiler_environment(identifier, target.start)),
        last_environment=(assign(_TARGET, target.raised),) if target.raised else (),
        before_all_environment=(unless_set(_TARGET, _BEFORE_ALL_TARGET),),
        test_environment=(assign(_TARGET, *_current_version()),),
        test_targets=tests.test_targets,
        repair_values=((Placeholder.DELOCATE_ARCHS, _DELOCATE_ARCHS[identifier.target.architecture]),),
        untested=tests.untested,
        notes=(*target.notes, *tests.notes),
    )


def _interpreter(inputs: BuildInputs, native: Architecture) -> ManagedPython:
    interpreter, architecture = inputs.identifier.interpreter, inputs.identifier.target.architecture
    inside = _INSIDE.get(interpreter.implementation)
    if inside and not wants_uv(inputs.resolved, interpreter):
        return unpacked(inputs.entry, inside)
    # An arm64 Mac runs Pythons for both processors; an x86_64 Mac cross-compiles for arm64 with its own.
    return python_of_mac(inputs.entry, inputs.resolved, architecture if native is _ARM else _INTEL)


def _path(own: Template, base: Template | None) -> EnvExpr | None:
    # Programs such as python3-config exist only next to the base Python.
    return assign("PATH", own, ":", base, ":", Variable("PATH")) if base else None


def _compiler_environment(identifier: BuildIdentifier, target: str) -> Iterator[EnvExpr]:
    architecture = identifier.target.architecture
    yield assign(_TARGET, target)
    yield unless_set("_PYTHON_HOST_PLATFORM", _HOST_PLATFORMS[architecture])
    yield unless_set("ARCHFLAGS", _ARCH_FLAGS[architecture])


def _current_version() -> tuple[Substitution, str]:
    # Code compiled by tests does not need to run on other Macs.
    return _CURRENT, ".0"


def lowest_target(identifier: BuildIdentifier) -> str:
    """The oldest macOS version that an interpreter supports."""
    interpreter = identifier.interpreter
    if identifier.target.architecture is _ARM:
        return "11.0"
    if interpreter.minor >= 14 or interpreter.implementation is Implementation.PYPY:
        return "10.15"
    return "10.13" if interpreter.minor >= 12 else "10.9"


@dataclass(frozen=True, slots=True, kw_only=True)
class _DeploymentTarget:
    """The initial deployment target of a build, and the raised one if the user's is too old."""

    start: str
    raised: str = ""
    notes: tuple[str, ...] = ()


def _deployment_target(inputs: BuildInputs) -> _DeploymentTarget:
    lowest = lowest_target(inputs.identifier)
    wanted = [one for one in inputs.resolved.environment if one.name == _TARGET]
    # The values of commands and variables are known only during the run.
    text = "".join(part if isinstance(part, str) else "?" for part in wanted[-1].parts) if wanted else ""
    from_host = inputs.facts.deployment_target
    start = from_host if _is_newer(from_host, lowest) else lowest
    ignored = text or from_host
    if not _VERSION.fullmatch(ignored) or ignored == lowest or _is_newer(ignored, lowest):
        return _DeploymentTarget(start=start)
    note = f"{_TARGET} {ignored} is raised to {lowest} for interpreters that require it"
    return _DeploymentTarget(start=start, raised=lowest if text else "", notes=(note,))


def _is_newer(version: str, other: str) -> bool:
    if not _VERSION.fullmatch(version):
        return False
    return [int(part) for part in version.split(".")] > [int(part) for part in other.split(".")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tests:
    test_targets: tuple[TestTarget, ...] = ()
    untested: str = ""
    notes: tuple[str, ...] = ()


def _tests(inputs: BuildInputs, native: Architecture) -> _Tests:
    identifier, skip = inputs.identifier, inputs.options.test_skip
    architecture = identifier.target.architecture
    if architecture is not _BOTH:
        runs = native is _ARM or architecture is _INTEL
        return _Tests(test_targets=(_test_target(architecture, native),)) if runs else _Tests(untested=_NO_ARM)
    wanted = [one for one in (_INTEL, _ARM) if not skip.matches(f"{identifier}:{one.value}")]
    can_run = [one for one in wanted if native is _ARM or one is _INTEL]
    if not can_run:
        return _Tests(untested=_NO_ARM if wanted else "test-skip matches both architectures")
    has_tests = bool(inputs.resolved.test_command)
    notes = (f"universal2 wheels are tested only for x86_64: {_NO_ARM}",) if can_run != wanted and has_tests else ()
    return _Tests(test_targets=tuple(_test_target(one, native) for one in can_run), notes=notes)


def _test_target(architecture: Architecture, native: Architecture) -> TestTarget:
    return TestTarget() if architecture is native else _ROSETTA
