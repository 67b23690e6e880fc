"""The inputs of a build besides its plan: tools, variables and files."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from shutil import which

from cibw import __version__
from cibw.errors import MissingToolError, assert_never
from cibw.execution.container.create import CACHE_PLACE, HOST_PLACE
from cibw.execution.store.input_files import KNOWN, HashedFiles, InputFiles, names_in, programs_in, text_of
from cibw.execution.store.keys import names_inputs, names_programs
from cibw.execution.zig import find_zig
from cibw.model.machines import ContainerSpec
from cibw.model.plan import Job, PutFiles, PutText, Run, Step, WheelBuild
from cibw.model.templates import EnvExpr, EnvPart, Placeholder, Substitution, Template, Variable

# Identifies the tools on this computer without running them.

_COMPILERS = (
    *("cc", "c++", "gcc", "g++", "clang", "clang++", "gfortran", "flang", "ld", "cl", "rustc", "cargo", "go"),
    *("cmake", "ninja", "make", "meson", "swig", "pkg-config", "ccache", "sccache"),
)
"""Programs that builds on this computer call by these names by default."""
_XCODE = Path("/var/db/xcode_select_link/usr/bin/clang")
"""The compiler behind `/usr/bin/clang`, which itself never changes."""


def tool_identities(path: str, *, on_host: bool) -> dict[str, str]:
    """Return the tools used by a build in a container or on this host, with a text that identifies their version."""
    found = {"cibw": __version__, "uv": _program("uv", path), "zig": _zig()}
    if on_host:
        found |= {"patchelf": _program("patchelf", path), "auditwheel": _package("auditwheel")}
        found |= {name: file_identity(Path(place)) for name in _COMPILERS if (place := which(name, path=path))}
        found |= {"Xcode": file_identity(_XCODE)} if sys.platform == "darwin" else {}
    return found


def file_identity(path: Path) -> str:
    """Return the real path of a file, its size and its modification time, or an empty string if it is missing."""
    try:
        real = path.resolve()
        state = real.stat()
    except OSError:
        return ""
    return f"{real} {state.st_size} {state.st_mtime_ns}"


def _program(name: str, path: str) -> str:
    beside = str(Path(sys.executable).parent)
    found = which(name, path=beside) or which(name, path=path)
    return file_identity(Path(found)) if found else ""


def _zig() -> str:
    try:
        return file_identity(find_zig())
    except MissingToolError:
        return ""


def _package(name: str) -> str:
    """Return the version of an installed package, from the name of its metadata directory."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return ""
    site = Path(spec.origin).parent.parent
    return " ".join(sorted(path.name for path in site.glob(f"{name}-*.dist-info")))


# Finds the files outside the project that a build reads by name.

_DEFINITIONS = ("pyproject.toml", "setup.cfg", "setup.py", "meson.build", "CMakeLists.txt", "Cargo.toml", "MANIFEST.in")
_OF_THE_USER = (
    *(
        "{config}/pip/pip.conf",
        "{home}/.pip/pip.conf",
        "/etc/pip.conf",
        "/etc/xdg/pip/pip.conf",
        "{roaming}/pip/pip.ini",
    ),
    *(
        "{home}/Library/Application Support/pip/pip.conf",
        "{config}/uv/uv.toml",
        "/etc/uv/uv.toml",
        "/etc/xdg/uv/uv.toml",
    ),
    *("{roaming}/uv/uv.toml", "{home}/.pydistutils.cfg", "{home}/pydistutils.cfg", "{home}/.numpy-site.cfg"),
    *("{cargo}/config.toml", "{cargo}/config", "{rustup}/settings.toml"),
)
"""Tool configuration files that apply to every build on this computer."""
_BARE = re.compile(r"\s*([\w.+-]+)(\s|$)")


@dataclass(frozen=True, slots=True)
class NamedText:
    """A text that a build receives, and a description of its origin for messages.

    If `is_strict` is set and the text names a directory that cannot be hashed, the wheel is not stored.
    """

    place: str
    text: str
    is_strict: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InputContext:
    """The context of a build: the variables that it receives, the project's directories and its symbolic links.

    `environment` is used to expand variables in file names.
    """

    variables: Mapping[str, str] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    package: Path
    root: Path
    links: Mapping[str, str]


def inputs_on_host(job: Job, build: WheelBuild, given: InputContext, files: InputFiles, *, tests: bool) -> HashedFiles:
    """Return the files that a build on this computer reads by name, or the additional files that its tests read."""
    texts = list(_of_tests(build)) if tests else [*_of_build(job, build), *_around(given)]
    strict: dict[str, str] = {}
    lax: dict[str, str] = {}
    reasons = []
    for text in texts:
        found = names_in(text.text, _to_complete(given))
        (strict if text.is_strict else lax).update(dict.fromkeys(found.absolute, text.place))
        if text.is_strict:
            reasons += [f"{text.place} names {word}, which is only known at run time" for word in sorted(found.unknown)]
    before_all = (job.before_all,) if job.before_all else ()
    for step in build.test if tests else (*before_all, build.prepare, *build.make):
        strict.update(dict.fromkeys(_programs(step, given.environment), f"the step {step.name.value}"))
    for expression in build.test_environment if tests else build.environment:
        commands = [part.command for part in expression.parts if isinstance(part, Substitution)]
        programs = _found(chain.from_iterable(map(programs_in, commands)), given.environment)
        strict.update(dict.fromkeys(programs, f"{expression.name} in environment"))
    if not tests:
        strict.update({target: f"the link {name}" for name, target in _links_outside(given)})
    strict.update(_put_files(build, given) if tests else {})
    others = files.follow(lax, is_strict=False)
    found_strict = files.follow(strict, is_strict=True)
    hashes = {**others.hashes, **found_strict.hashes}
    return HashedFiles(hashes=hashes, reasons=(*reasons, *found_strict.reasons))


def _to_complete(given: InputContext) -> Mapping[str, str]:
    """Return the variables that are expanded in file names.

    PATH is excluded, because no name means all its directories.
    """
    return {name: value for name, value in given.environment.items() if name != "PATH"}


def inputs_in_container(
    job: Job, build: WheelBuild, given: InputContext, files: InputFiles, *, tests: bool
) -> HashedFiles:
    """Return the files of this computer that a build in a container reads, through mounts of the host or of
    create-args.
    """
    spec = job.machine
    if not isinstance(spec, ContainerSpec):
        raise TypeError("the job has no container")
    texts = list(_of_tests(build)) if tests else [*_of_build(job, build), *_passed(spec, given)]
    links = [] if tests else [NamedText(f"the link {name}", target) for name, target in given.links.items()]
    mounted = _mounted(spec, [*texts, *links], given, files, tests=tests)
    brought = files.follow(_put_files(build, given) if tests else {}, is_strict=True)
    return HashedFiles(hashes={**mounted.hashes, **brought.hashes}, reasons=(*mounted.reasons, *brought.reasons))


def inputs_of_before_all(job: Job, given: InputContext, files: InputFiles) -> HashedFiles:
    """Return the files of this computer that before-all reads in a container."""
    spec = job.machine
    if not isinstance(spec, ContainerSpec):
        return HashedFiles()
    environment = _of_environment("environment", job.environment)
    steps = _of_steps((job.before_all,) if job.before_all else ())
    return _mounted(spec, [*_passed(spec, given), *environment, *steps], given, files, tests=False)


def _passed(spec: ContainerSpec, given: InputContext) -> Iterator[NamedText]:
    yield from (NamedText(f"the variable {name}", value) for name, value in given.variables.items())
    yield from (NamedText(f"{name} in create-args", value) for name, value in spec.engine.create.environment)


def _mounted(
    spec: ContainerSpec, texts: Iterable[NamedText], given: InputContext, files: InputFiles, *, tests: bool
) -> HashedFiles:
    names: dict[str, str] = {}
    reasons = []
    for text in () if spec.engine.disable_host_mount else texts:
        found = names_in(text.text, _to_complete(given))
        below = {name.removeprefix(HOST_PLACE) or "/" for name in found.absolute if _is_on_host(name)}
        names.update(dict.fromkeys(below, text.place))
        if any(one.startswith(HOST_PLACE) for one in found.beginnings) or any(
            map(files.holds_everything, map(Path, below))
        ):
            reasons.append(f"{text.place} names files in {HOST_PLACE} that are only known at run time")
    for volume in () if tests else spec.engine.create.volumes:
        source, _, target = volume.partition(":")
        if not target or target.partition(":")[0] == CACHE_PLACE:
            continue
        if "/" in source or source in {".", ".."}:
            names[os.path.normpath(Path.cwd() / source)] = "create-args"
        else:
            reasons.append(f"create-args mount the volume {source}, whose contents are unknown")
    followed = files.follow(names, is_strict=True)
    return HashedFiles(hashes=followed.hashes, reasons=(*dict.fromkeys(reasons), *followed.reasons))


def _is_on_host(name: str) -> bool:
    return name == HOST_PLACE or name.startswith(f"{HOST_PLACE}/")


def _of_build(job: Job, build: WheelBuild) -> Iterator[NamedText]:
    yield from _of_environment("environment", (*build.environment, *(job.environment if job.before_all else ())))
    yield from _of_steps((*((job.before_all,) if job.before_all else ()), build.prepare, *build.make))


def _of_tests(build: WheelBuild) -> Iterator[NamedText]:
    yield from _of_environment("test-environment", build.test_environment)
    yield from _of_steps(build.test)


def _put_files(build: WheelBuild, given: InputContext) -> Mapping[str, str]:
    """Return the files around the project that are copied for the tests."""
    sources = [one.source for step in build.test for one in step.actions if isinstance(one, PutFiles)]
    return {os.path.normpath(given.root / source): "test-sources" for source in sources}


def _of_environment(option: str, expressions: Iterable[EnvExpr]) -> Iterator[NamedText]:
    for expression in expressions:
        yield NamedText(f"{expression.name} in {option}", "".join(map(_text, expression.parts)))


def _of_steps(steps: Iterable[Step]) -> Iterator[NamedText]:
    for step in steps:
        place = f"the step {step.name.value}"
        for action in step.actions:
            match action:
                case Run(command=command):
                    yield from (NamedText(place, _of_template(argument)) for argument in command.argv)
                case PutText(text=text):
                    yield NamedText(place, text, is_strict=False)
                case _:
                    # Downloads are identified by their hash.
                    pass


def _text(part: EnvPart) -> str:
    match part:
        case str():
            return part
        case Placeholder():
            return KNOWN
        case Substitution(command=command):
            return f"$({command})"
        case Variable(name=name, default=None):
            return f"${{{name}}}"
        case Variable(name=name, default=default):
            return f"${{{name}}}{''.join(f' {_text(piece)}' for piece in default or ())}"
        case _:
            assert_never(part)


def _of_template(template: Template) -> str:
    return "".join(part if isinstance(part, str) else KNOWN for part in template.parts)


def _around(given: InputContext) -> Iterator[NamedText]:
    """Yield the variables, the files that define the build, and the user's tool configuration."""
    for name, value in given.variables.items():
        if names_inputs(name):
            yield NamedText(f"the variable {name}", value)
        if names_programs(name) and (bare := _BARE.match(value)):
            program = which(bare[1], path=given.environment.get("PATH", ""))
            yield NamedText(f"the variable {name}", program or "")
    for name in _DEFINITIONS:
        yield NamedText(name, text_of(given.package / name), is_strict=False)
    yield from (NamedText("the configuration of a tool", path) for path in _configuration(given.environment))


def _configuration(variables: Mapping[str, str]) -> Iterator[str]:
    home = variables.get("HOME") or variables.get("USERPROFILE", "")
    places = {
        "home": home,
        "config": variables.get("XDG_CONFIG_HOME") or f"{home}/.config",
        "roaming": variables.get("APPDATA", f"{home}/AppData/Roaming"),
        "cargo": variables.get("CARGO_HOME") or f"{home}/.cargo",
        "rustup": variables.get("RUSTUP_HOME") or f"{home}/.rustup",
    }
    return (template.format(**places) for template in _OF_THE_USER)


def _programs(step: Step, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths of programs that the shell commands of a step call by name."""
    commands = [action.command for action in step.actions if isinstance(action, Run) and action.command.shell]
    names = {name for command in commands for name in programs_in(_of_template(command.argv[0]))}
    return _found(names, variables)


def _found(programs: Iterable[str], variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths of the programs that are found on PATH."""
    return filter(None, (which(name, path=variables.get("PATH", "")) for name in sorted(set(programs))))


def _links_outside(given: InputContext) -> Iterator[tuple[str, str]]:
    """Yield the links that point outside the project, with their targets."""
    for name, target in given.links.items():
        if Path(target).is_absolute():
            yield name, target
            continue
        joined = os.path.normpath(given.root / Path(name).parent / target)
        if not Path(joined).is_relative_to(given.root):
            yield name, joined
            # The build runs in a copy at another depth, where the same number of parent steps may lead to the root.
            rest = target.lstrip("./")
            yield name, f"/{rest}"
