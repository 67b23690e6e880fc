"""The command line of each build frontend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cibw.config.build_system import BuildSystem
from cibw.config.options import BuildOptions, FrontendName
from cibw.exhaustive import assert_never
from cibw.model.command import Command
from cibw.model.environment import EnvExpr, Variable
from cibw.model.identifier import BuildIdentifier
from cibw.model.layout import BUILT_DIR, PROJECT, UV_ENVIRONMENT
from cibw.model.pip_settings import OLD_NAMES, UNREAD_BY_UV, UV_NAMES
from cibw.model.template import Template
from cibw.planning.commands import Argument, assign, kept_environment, resource, template
from cibw.planning.ground import Ground

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
class Package:
    """The package to build, for an identifier, and its build system if known in advance."""

    identifier: BuildIdentifier
    directory: Template
    build_system: BuildSystem | None = None


def build_command(options: BuildOptions, package: Package, ground: Ground) -> Command:
    """The command that builds a wheel into the directory of built wheels."""
    frontend, extra = options.build_frontend, _extra(options)
    if (
        frontend.name is FrontendName.DEFAULT
        and package.build_system
        and not frontend.args
        and ground.keeps_environments
    ):
        arguments = [
            *_kept_environment(package, package.build_system, ground),
            "--wheel",
            "--out-dir",
            BUILT_DIR,
            *extra,
        ]
    else:
        arguments = [*_frontend(options, package.directory, ground), *extra]
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


def _kept_environment(package: Package, system: BuildSystem, ground: Ground) -> Iterator[Argument]:
    """`uv build` in a copy of an environment that is cached between runs."""
    kept = kept_environment("build", str(package.identifier), str(ground.base_python), *system.requires)
    yield from (template("sh"), resource("uv_build.sh"), kept)
    yield from (ground.base_python, UV_ENVIRONMENT, package.directory)
    yield from (system.digest, *system.requires, "--")


def _frontend(options: BuildOptions, package: Template, ground: Ground) -> list[Argument]:
    name = options.build_frontend.name
    match name:
        case FrontendName.DEFAULT | FrontendName.UV:
            return ["uv", "build", "--wheel", "--python", ground.python, "--out-dir", BUILT_DIR, package]
        case FrontendName.PIP:
            wheel_dir = Template.of("--wheel-dir=", BUILT_DIR)
            return [ground.python, "-m", "pip", "wheel", package, wheel_dir, "--no-deps"]
        case FrontendName.BUILD | FrontendName.BUILD_UV:
            command: list[Argument] = [ground.python, "-m", "build", package, "--wheel"]
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
