"""iOS: cross builds on a Mac, with a macOS Python that reports the platform of a device or simulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cibw.config.options import FrontendName
from cibw.errors import Mistake
from cibw.model.identifiers import Architecture, Platform
from cibw.model.machines import HostSpec
from cibw.model.plan import Action, Step, StepName
from cibw.model.templates import BUILD_ENVIRONMENT, POSIX_VENV, WORK, Late, Shell, Template
from cibw.planning.actions import (
    Circumstances,
    Ground,
    Refused,
    assign,
    certificates,
    copy_to_tests,
    program,
    resource,
    shell,
    unless_set,
    virtual_environment,
)
from cibw.planning.environment import constraints, tools_by_pip
from cibw.planning.interpreters import Brought, python_of_mac, unpacked
from cibw.planning.select import native_architecture
from cibw.planning.testbed import Invocation, app_tests

_TARGET = "IPHONEOS_DEPLOYMENT_TARGET"
_LOWEST = "13.0"
_DEVICE = Architecture.ARM64_IPHONEOS
_ARM_SIMULATOR, _INTEL_SIMULATOR = Architecture.ARM64_IPHONESIMULATOR, Architecture.X86_64_IPHONESIMULATOR
_PROCESSORS = {
    _DEVICE: Architecture.ARM64,
    _ARM_SIMULATOR: Architecture.ARM64,
    _INTEL_SIMULATOR: Architecture.X86_64,
}
_SIMULATORS = "ios-arm64_x86_64-simulator"
_SLICES = {_DEVICE: "ios-arm64", _ARM_SIMULATOR: _SIMULATORS, _INTEL_SIMULATOR: _SIMULATORS}
_FIRST_OF_PYTHON_ORG = 15
"""The first minor version whose archive comes from python.org; earlier ones come from BeeWare."""
_CROSS = Template.of(WORK, "/cross")
_TOOLS = Template.of(_CROSS, "/bin")
_TESTBED = Template.of(WORK, "/testbed")
_PYTHON = POSIX_VENV.python(BUILD_ENVIRONMENT)
_APPLE = "/usr/bin:/bin:/usr/sbin:/sbin:/Library/Apple/usr/bin"
_UNDECLARED = (
    "xbuild-tools is not set, so builds for iOS can use only Apple's own programs on this Mac. "
    'List the required programs, as in xbuild-tools = ["cmake", "ninja"], or set an empty list to silence this note.'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Framework:
    """The target Python: its archive, the slice for the architecture, and its build settings."""

    brought: Brought
    root: Template
    slice_dir: Template
    settings: Template


def ground(given: Circumstances) -> Ground | Refused:
    """A build on a Mac in a cross environment, tested in a simulator of the Mac's architecture."""
    untested = _untested(given)
    tests = () if untested else app_tests(given, allows_code=False)
    mistakes = (*_frontend_mistakes(given), *(tests.mistakes if isinstance(tests, Refused) else ()))
    if isinstance(tests, Refused) or mistakes:
        return Refused(mistakes)
    pins = constraints(given.resolved, given.identifier, given.catalog)
    python, framework = _python_of_mac(given), _framework(given)
    _, bundle = certificates()
    return Ground(
        machine=HostSpec(),
        base_python=python.python,
        python=_PYTHON,
        bin_dir=POSIX_VENV.bin_dir(BUILD_ENVIRONMENT),
        path=assign("PATH", framework.slice_dir, "/bin:", BUILD_ENVIRONMENT, "/bin:", _TOOLS, ":", _APPLE),
        set_up=(*python.actions, *framework.brought.actions, *_cross_environment(given, python, framework)),
        tools=tools_by_pip(given.resolved, _PYTHON, pins),
        environment=(
            assign("VIRTUAL_ENV", BUILD_ENVIRONMENT),
            unless_set(_TARGET, _LOWEST),
            # macOS libraries must not be found instead of those of the target.
            assign("DYLD_LIBRARY_PATH"),
            # A Python that reports iOS as its platform does not use the certificates of macOS.
            unless_set("SSL_CERT_FILE", bundle),
            unless_set("PIP_CERT", bundle),
        ),
        before_all_environment=(unless_set(_TARGET, _LOWEST),),
        tests=tuple(_tests(given, framework, tests)),
        keeps_environments=False,
        caches_compilers=False,
        shares_host=True,
        constraints=pins,
        untested=untested,
        notes=(_UNDECLARED,) if given.resolved.xbuild_tools is None else (),
    )


def _native(given: Circumstances) -> Architecture:
    return native_architecture(Platform.IOS, given.facts) or _ARM_SIMULATOR


def _untested(given: Circumstances) -> str:
    architecture, native = given.identifier.target.architecture, _native(given)
    if architecture is _DEVICE:
        return "simulators cannot run programs built for devices"
    if architecture is not native:
        return f"simulators on an {_PROCESSORS[native].value} Mac run only {_PROCESSORS[native].value}"
    return ""


def _frontend_mistakes(given: Circumstances) -> Iterator[Mistake]:
    name = given.resolved.build_frontend.name
    if name in (FrontendName.UV, FrontendName.BUILD_UV):
        yield Mistake(
            place=given.options.origin("build-frontend", given.identifier),
            message=f"the build frontend {name.value} does not support iOS: uv cannot create environments for it",
            hint='use "build" (the default for iOS) or "pip", as in [tool.cibw.ios] build-frontend = "build"',
        )


def _python_of_mac(given: Circumstances) -> Brought:
    """The macOS Python of the same version, which runs the build."""
    rows = given.catalog.interpreters(Platform.MACOS)
    entry = next(row for row in rows if row.identifier.interpreter == given.identifier.interpreter)
    return python_of_mac(entry, given.resolved, _PROCESSORS[_native(given)])


def _framework(given: Circumstances) -> _Framework:
    architecture, interpreter = given.identifier.target.architecture, given.identifier.interpreter
    slice_of = f"Python.xcframework/{_SLICES[architecture]}"
    brought = unpacked(given.entry, slice_of)
    if interpreter.minor >= _FIRST_OF_PYTHON_ORG:
        settings = f"/lib-{_PROCESSORS[architecture].value}/python{interpreter.version}"
    else:
        settings = f"/platform-config/{_multiarch(architecture)}"
    return _Framework(
        brought=brought,
        root=unpacked(given.entry, "").python,
        slice_dir=brought.python,
        settings=Template.of(brought.python, settings),
    )


def _multiarch(architecture: Architecture) -> str:
    return architecture.value.replace("_iphone", "-iphone")


def _cross_environment(given: Circumstances, python: Brought, framework: _Framework) -> Iterator[Action]:
    yield virtual_environment(python.python, BUILD_ENVIRONMENT)
    # Not with uv, which does not support iOS environments.
    yield program(_PYTHON, "-m", "ensurepip", "--default-pip")
    arguments = (BUILD_ENVIRONMENT, _multiarch(given.identifier.target.architecture))
    yield _script("ios_cross.py", *arguments, framework.slice_dir, framework.settings, _CROSS)
    yield _script("ios_tools.py", _TOOLS, *(given.resolved.xbuild_tools or ()))
    yield certificates()[0]


def _script(name: str, *arguments: str | Template) -> Action:
    return program(Late.CIBW_PYTHON, "-I", resource(name), *arguments)


def _tests(given: Circumstances, framework: _Framework, calls: tuple[Invocation, ...]) -> Iterator[Step]:
    resolved, app = given.resolved, Template.of(_TESTBED, "/iOSTestbed")
    clone = program(_PYTHON, Template.of(framework.root, "testbed"), "clone", _TESTBED)
    yield Step(name=StepName.TEST_ENVIRONMENT, actions=(clone,))
    if resolved.before_test:
        yield Step(name=StepName.BEFORE_TEST, actions=(shell(resolved.before_test),))
    extras = f"[{','.join(resolved.test_extras)}]" if resolved.test_extras else ""
    wanted: tuple[str | Template, ...] = (Template.of(Late.WHEEL, extras), *resolved.test_requires)
    packages, multiarch = Template.of(app, "/app_packages"), _multiarch(given.identifier.target.architecture)
    install = _script("ios_test.py", "install", _PYTHON, multiarch, packages, *wanted)
    sources = (copy_to_tests(resolved.test_sources, Shell.SH, Template.of(app, "/app")),)
    yield Step(name=StepName.TEST_INSTALL, actions=(install, *(sources if resolved.test_sources else ())))
    yield Step(name=StepName.TEST, actions=tuple(_run(given, call) for call in calls))


def _run(given: Circumstances, call: Invocation) -> Action:
    options = ("--verbose",) * (given.resolved.build_verbosity > 0) + given.resolved.test_runtime
    return _script("ios_test.py", "run", _PYTHON, _TESTBED, *options, "--", call.name, *call.arguments)
