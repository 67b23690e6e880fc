"""The tools of a build: its frontend, its compiler cache, and the packages that are installed for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cibw.catalog import Catalog
from cibw.config.options import BuildOptions, DependencySource, FrontendName
from cibw.config.project.build_system import BuildSystem
from cibw.errors import assert_never
from cibw.model.identifiers import BuildIdentifier, Implementation, Interpreter, Platform
from cibw.model.machines import CompilerCache, HostSpec
from cibw.model.plan import Action, Run, Step
from cibw.model.templates import (
    BUILT_DIR,
    COMPILER_CACHE,
    COMPILERS,
    CONSTRAINTS,
    OLD_NAMES,
    PROJECT,
    UNREAD_BY_UV,
    UV_ENVIRONMENT,
    UV_NAMES,
    Command,
    EnvExpr,
    Placeholder,
    Template,
    Variable,
)
from cibw.planning.actions import (
    Argument,
    PlatformSetup,
    assign,
    kept_environment,
    prepend_path,
    program,
    resource,
    template,
    unless_set,
)

# The command line of each build frontend.

_MOST_OF_PYODIDE_BUILD = 2
"""The maximum number of `-v` flags of pyodide-build; it has no `-q`."""


def uses_uv(name: FrontendName) -> bool:
    """Whether uv installs packages into the environments of a build."""
    return name in (FrontendName.DEFAULT, FrontendName.UV, FrontendName.BUILD_UV)


def pip_settings_for_uv(options: BuildOptions) -> Iterator[EnvExpr]:
    """Pass pip settings of the configuration to uv: indexes, links and constraints.

    Applies only to pip variables that the configuration sets, and does not override uv variables that it sets.
    """
    named = {*(expression.name for expression in options.environment), *options.environment_pass}
    for pip_name, uv_names in UV_NAMES.items():
        for uv_name in uv_names if pip_name in named else ():
            if not named & {uv_name, OLD_NAMES.get(uv_name, uv_name)}:
                yield assign(uv_name, Variable(pip_name))


def notes_on_pip_settings(options: BuildOptions) -> Iterator[str]:
    """Notes about pip variables that have no effect because uv installs the packages."""
    if not uses_uv(options.build_frontend.name):
        return
    named = dict.fromkeys((*(expression.name for expression in options.environment), *options.environment_pass))
    for name in named:
        instead = UNREAD_BY_UV.get(name)
        if instead is None or instead in named:
            continue
        advice = f"Set {instead}" if instead else "Use the matching uv setting"
        yield (
            f"{name} has no effect because uv installs the packages. {advice}, or use pip with "
            'build-frontend = "build".'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePackage:
    """The package to build, for an identifier, and its build system if known in advance."""

    identifier: BuildIdentifier
    directory: Template
    build_system: BuildSystem | None = None


def build_command(options: BuildOptions, package: SourcePackage, setup: PlatformSetup) -> Command:
    """The command that builds a wheel into the directory of built wheels."""
    frontend, extra = options.build_frontend, _extra(options)
    if (
        frontend.name is FrontendName.DEFAULT
        and package.build_system
        and not frontend.args
        and setup.keeps_environments
    ):
        arguments = [
            *_kept_environment(package, package.build_system, setup),
            "--wheel",
            "--out-dir",
            BUILT_DIR,
            *extra,
        ]
    else:
        arguments = [*_frontend(options, package.directory, setup), *extra]
    return Command(argv=tuple(template(argument) for argument in arguments), cwd=PROJECT)


def package_directory(package_dir: str) -> Template:
    """The directory of the package, from its path in the project."""
    return PROJECT if package_dir == "." else Template.of(PROJECT, f"/{package_dir}")


def in_environment(options: BuildOptions, package: Template, python: Template) -> list[Argument]:
    """The arguments to build a wheel without isolation, for `build` and uv."""
    name = options.build_frontend.name
    if uses_uv(name) and name is not FrontendName.BUILD_UV:
        words: list[Argument] = ["uv", "build", "--wheel", "--no-build-isolation", "--python", python]
        return [*words, "--out-dir", BUILT_DIR, package, *_extra(options)]
    outdir = Template.of("--outdir=", BUILT_DIR)
    alone = ("--no-isolation", "--skip-dependency-check")
    return [python, "-m", "build", package, "--wheel", *alone, outdir, *_extra(options)]


def _extra(options: BuildOptions) -> list[Argument]:
    frontend = options.build_frontend
    settings = [Template.of("-C", setting, "=", value) for setting, value in options.config_settings]
    return [*settings, *frontend.args, *_verbosity(frontend.name, options.build_verbosity)]


def _kept_environment(package: SourcePackage, system: BuildSystem, setup: PlatformSetup) -> Iterator[Argument]:
    """`uv build` in a copy of an environment that is cached between runs."""
    kept = kept_environment("build", str(package.identifier), str(setup.base_python), *system.requires)
    yield from (template("sh"), resource("uv_build.sh"), kept)
    yield from (setup.base_python, UV_ENVIRONMENT, package.directory)
    yield from (system.digest, *system.requires, "--")


def _frontend(options: BuildOptions, package: Template, setup: PlatformSetup) -> list[Argument]:
    name = options.build_frontend.name
    match name:
        case FrontendName.DEFAULT | FrontendName.UV:
            return ["uv", "build", "--wheel", "--python", setup.python, "--out-dir", BUILT_DIR, package]
        case FrontendName.PIP:
            wheel_dir = Template.of("--wheel-dir=", BUILT_DIR)
            return [setup.python, "-m", "pip", "wheel", package, wheel_dir, "--no-deps"]
        case FrontendName.BUILD | FrontendName.BUILD_UV:
            command: list[Argument] = [setup.python, "-m", "build", package, "--wheel"]
            command.append(Template.of("--outdir=", BUILT_DIR))
            if name is FrontendName.BUILD_UV and not _keeps_environment(options.build_frontend.args):
                command.append("--installer=uv")
            return command
        case FrontendName.PYODIDE_BUILD:
            return ["pyodide", "build", package, Template.of("--outdir=", BUILT_DIR)]
        case _:
            assert_never(name)


def _keeps_environment(arguments: tuple[str, ...]) -> bool:
    return "--no-isolation" in arguments or "-n" in arguments


def _verbosity(name: FrontendName, level: int) -> list[str]:
    if name is FrontendName.PYODIDE_BUILD:
        return ["-v"] * min(level, _MOST_OF_PYODIDE_BUILD)
    if name is FrontendName.PIP:
        return ["-v"] * level if level > 0 else ["-q"] * -level
    if level < 0:
        return ["-q"] * -level
    return ["-v"] * (level - 1)


# Compilers that run through ccache or sccache, in a directory that is first on PATH.


def chosen_cache(options: BuildOptions, setup: PlatformSetup) -> CompilerCache:
    """The compiler cache of a build; none with zig, which has its own cache."""
    if not setup.caches_compilers:
        return CompilerCache.NONE
    if isinstance(setup.machine, HostSpec) and setup.machine.toolchain_tag:
        return CompilerCache.NONE
    return options.compiler_cache


def cache_path(cache: CompilerCache) -> tuple[EnvExpr, ...]:
    """The assignment that puts the cached compilers first on PATH; their directory may be empty."""
    return () if cache is CompilerCache.NONE else (prepend_path(COMPILERS),)


def with_cache(
    steps: tuple[Step, ...], cache: CompilerCache, setup: PlatformSetup, identifier: BuildIdentifier
) -> tuple[Step, ...]:
    """The build steps; the first one also finds the cache and fills the directory of compilers.

    This runs after before-all, which may install the cache, and with the full build environment.
    """
    if cache is CompilerCache.NONE:
        return steps
    links = Template.of(Placeholder.STEADY, f"/{identifier}")
    places: tuple[Placeholder | Template, ...] = (
        Template.of(Placeholder.WORK),
        links,
        Template.of(Placeholder.CACHE),
        setup.base_python,
    )
    prepare = program("sh", COMPILER_CACHE, "prepare", cache.value, *places)
    first, *rest = steps
    return (replace(first, actions=(prepare, *first.actions)), *rest)


# The build tools that are installed into an environment on the host.

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
    packages = (*further, *_frontend_packages(options))
    return (program("uv", "pip", "install", "--python", python, *_pinned(pins), *packages),) if packages else ()


def tools_by_pip(options: BuildOptions, python: Template, pins: str) -> tuple[Action, ...]:
    """Install pip and the build frontend with pip, in their pinned versions, where uv cannot."""
    return (program(python, "-m", "pip", "install", "--upgrade", *_pinned(pins), "pip", *_frontend_packages(options)),)


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


def _frontend_packages(options: BuildOptions) -> tuple[str, ...]:
    return ("build",) if options.build_frontend.name in (FrontendName.BUILD, FrontendName.BUILD_UV) else ()


def _pinned(pins: str) -> tuple[str | Template, ...]:
    return ("--constraint", CONSTRAINTS) if pins else ()
