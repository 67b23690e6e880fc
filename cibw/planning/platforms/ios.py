"""iOS: cross builds on a Mac, with a macOS Python that reports the platform of a device or simulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cibw.config.options import FrontendName
from cibw.errors import Mistake
from cibw.model.identifiers import Architecture, Platform
from cibw.model.machines import HostSpec
from cibw.model.plan import Action, Step, StepName
from cibw.model.templates import BUILD_ENVIRONMENT, POSIX_VENV, WORK, Placeholder, Shell, Template
from cibw.planning.actions import (
    BuildInputs,
    PlatformSetup,
    RefusedBuild,
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
from cibw.planning.interpreters import ManagedPython, python_of_mac, unpacked
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

    provided: ManagedPython
    root: Template
    slice_dir: Template
    settings: Template


def platform_setup(inputs: BuildInputs) -> PlatformSetup | RefusedBuild:
    """A build on a Mac in a cross environment, tested in a simulator of the Mac's architecture."""
    untested = _untested(inputs)
    tests = () if untested else app_tests(inputs, allows_code=False)
    mistakes = (*_frontend_mistakes(inputs), *(tests.mistakes if isinstance(tests, RefusedBuild) else ()))
    if isinstance(tests, RefusedBuild) or mistakes:
        return RefusedBuild(mistakes)
    pins = constraints(inputs.resolved, inputs.identifier, inputs.catalog)
    python, framework = _python_of_mac(inputs), _framework(inputs)
    _, bundle = certificates()
    return PlatformSetup(
        machine=HostSpec(),
        base_python=python.python,
        python=_PYTHON,
        bin_dir=POSIX_VENV.bin_dir(BUILD_ENVIRONMENT),
        path=assign("PATH", framework.slice_dir, "/bin:", BUILD_ENVIRONMENT, "/bin:", _TOOLS, ":", _APPLE),
        set_up=(*python.actions, *framework.provided.actions, *_cross_environment(inputs, python, framework)),
        tools=tools_by_pip(inputs.resolved, _PYTHON, pins),
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
        tests=tuple(_tests(inputs, framework, tests)),
        keeps_environments=False,
        caches_compilers=False,
        shares_host=True,
        constraints=pins,
        untested=untested,
        notes=(_UNDECLARED,) if inputs.resolved.xbuild_tools is None else (),
    )


def _native(inputs: BuildInputs) -> Architecture:
    return native_architecture(Platform.IOS, inputs.facts) or _ARM_SIMULATOR


def _untested(inputs: BuildInputs) -> str:
    architecture, native = inputs.identifier.target.architecture, _native(inputs)
    if architecture is _DEVICE:
        return "simulators cannot run programs built for devices"
    if architecture is not native:
        return f"simulators on an {_PROCESSORS[native].value} Mac run only {_PROCESSORS[native].value}"
    return ""


def _frontend_mistakes(inputs: BuildInputs) -> Iterator[Mistake]:
    name = inputs.resolved.build_frontend.name
    if name in (FrontendName.UV, FrontendName.BUILD_UV):
        yield Mistake(
            place=inputs.options.origin("build-frontend", inputs.identifier),
            message=f"the build frontend {name.value} does not support iOS: uv cannot create environments for it",
            hint='use "build" (the default for iOS) or "pip", as in [tool.cibw.ios] build-frontend = "build"',
        )


def _python_of_mac(inputs: BuildInputs) -> ManagedPython:
    """The macOS Python of the same version, which runs the build."""
    rows = inputs.catalog.interpreters(Platform.MACOS)
    entry = next(row for row in rows if row.identifier.interpreter == inputs.identifier.interpreter)
    return python_of_mac(entry, inputs.resolved, _PROCESSORS[_native(inputs)])


def _framework(inputs: BuildInputs) -> _Framework:
    architecture, interpreter = inputs.identifier.target.architecture, inputs.identifier.interpreter
    slice_of = f"Python.xcframework/{_SLICES[architecture]}"
    provided = unpacked(inputs.entry, slice_of)
    if interpreter.minor >= _FIRST_OF_PYTHON_ORG:
        settings = f"/lib-{_PROCESSORS[architecture].value}/python{interpreter.version}"
    else:
        settings = f"/platform-config/{_multiarch(architecture)}"
    return _Framework(
        provided=provided,
        root=unpacked(inputs.entry, "").python,
        slice_dir=provided.python,
        settings=Template.of(provided.python, settings),
    )


def _multiarch(architecture: Architecture) -> str:
    return architecture.value.replace("_iphone", "-iphone")


def _cross_environment(inputs: BuildInputs, python: ManagedPython, framework: _Framework) -> Iterator[Action]:
    yield virtual_environment(python.python, BUILD_ENVIRONMENT)
    # Not with uv, which does not support iOS environments.
    yield program(_PYTHON, "-m", "ensurepip", "--default-pip")
    arguments = (BUILD_ENVIRONMENT, _multiarch(inputs.identifier.target.architecture))
    yield _script("ios_cross.py", *arguments, framework.slice_dir, framework.settings, _CROSS)
    yield _script("ios_tools.py", _TOOLS, *(inputs.resolved.xbuild_tools or ()))
    yield certificates()[0]


def _script(name: str, *arguments: str | Template) -> Action:
    return program(Placeholder.CIBW_PYTHON, "-I", resource(name), *arguments)


def _tests(inputs: BuildInputs, framework: _Framework, calls: tuple[Invocation, ...]) -> Iterator[Step]:
    resolved, app = inputs.resolved, Template.of(_TESTBED, "/iOSTestbed")
    clone = program(_PYTHON, Template.of(framework.root, "testbed"), "clone", _TESTBED)
    yield Step(name=StepName.TEST_ENVIRONMENT, actions=(clone,))
    if resolved.before_test:
        yield Step(name=StepName.BEFORE_TEST, actions=(shell(resolved.before_test),))
    extras = f"[{','.join(resolved.test_extras)}]" if resolved.test_extras else ""
    wanted: tuple[str | Template, ...] = (Template.of(Placeholder.WHEEL, extras), *resolved.test_requires)
    packages, multiarch = Template.of(app, "/app_packages"), _multiarch(inputs.identifier.target.architecture)
    install = _script("ios_test.py", "install", _PYTHON, multiarch, packages, *wanted)
    sources = (copy_to_tests(resolved.test_sources, Shell.SH, Template.of(app, "/app")),)
    yield Step(name=StepName.TEST_INSTALL, actions=(install, *(sources if resolved.test_sources else ())))
    yield Step(name=StepName.TEST, actions=tuple(_run(inputs, call) for call in calls))


def _run(inputs: BuildInputs, call: Invocation) -> Action:
    options = ("--verbose",) * (inputs.resolved.build_verbosity > 0) + inputs.resolved.test_runtime
    return _script("ios_test.py", "run", _PYTHON, _TESTBED, *options, "--", call.name, *call.arguments)
