"""The platform setup of a build, and helpers that create commands and file actions."""

from __future__ import annotations

import hashlib
import posixpath
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cibw.catalog import Catalog, CatalogEntry
from cibw.config.options import BuildOptions, Options
from cibw.errors import Mistake, assert_never
from cibw.model.identifiers import BuildIdentifier
from cibw.model.machines import HostFacts, MachineSpec
from cibw.model.plan import Action, PutFiles, Run, Step, When
from cibw.model.templates import (
    BUILT_DIR,
    OWN_PYTHON,
    POSIX_VENV,
    PROJECT,
    REPAIRED_DIR,
    SOURCE,
    TEST_DIR,
    WORK,
    Command,
    EnvExpr,
    EnvPart,
    Placeholder,
    Shell,
    Substitution,
    Template,
    Variable,
    VenvLayout,
)

# Helpers that create commands for several steps.

Argument = str | Placeholder | Template


def template(argument: Argument) -> Template:
    """Convert a string or a placeholder to a template; a template is returned unchanged."""
    return argument if isinstance(argument, Template) else Template.of(argument)


def program(*arguments: Argument, when: When = When.ALWAYS, cwd: Template = PROJECT) -> Run:
    """Run a program with arguments, by default in the project directory."""
    return Run(command=Command(argv=tuple(template(argument) for argument in arguments), cwd=cwd), when=when)


def shell(
    text: Template,
    *,
    cwd: Template = PROJECT,
    path_entry: Template | None = None,
    when: When = When.ALWAYS,
    dialect: Shell = Shell.SH,
) -> Run:
    """Run a text with the shell, by default in the project directory."""
    command = Command(argv=(text,), cwd=cwd, shell=True, path_entry=path_entry, dialect=dialect)
    return Run(command=command, when=when)


def virtual_environment(python: Template, directory: Template, *options: str, when: When = When.ALWAYS) -> Run:
    """Create a virtual environment, ignoring the Python version that the project requests from uv."""
    return program("uv", "venv", "--no-project", *options, "--python", python, directory, when=when)


def resource(name: str) -> Template:
    """The path of a script that cibw ships."""
    return Template.of(Placeholder.RESOURCES, f"/{name}")


def seeded_environment(identifier: str, python: Template, directory: Template) -> Run:
    """Create a virtual environment with the packages of `uv venv --seed`, from an archive cached between runs."""
    kept = kept_environment("seeded", identifier, str(python))
    return program("sh", resource("uv_venv.sh"), kept, python, directory)


def kept_environment(name: str, *decides: str) -> Template:
    """The cache path of an environment; it depends on everything that determines its contents."""
    digest = hashlib.sha256("\n".join(decides).encode()).hexdigest()
    return Template.of(Placeholder.CACHE, f"/environments/{name}-{digest[:12]}")


def assign(name: str, *parts: EnvPart | Template) -> EnvExpr:
    """Create an assignment from literal text, placeholders and variables."""
    flat: list[EnvPart] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Template) else (part,))
    return EnvExpr(name, tuple(flat))


def prepend_path(directory: Template, dialect: Shell = Shell.SH) -> EnvExpr:
    """Put a directory first on PATH."""
    return assign("PATH", directory, dialect.path_separator, Variable("PATH"))


def unless_set(name: str, value: str | Template) -> EnvExpr:
    """Set a variable unless the user's environment sets it."""
    return assign(name, Variable(name, template(value).parts, or_empty=False))


def steps_in(dialect: Shell, steps: Iterable[Step]) -> tuple[Step, ...]:
    """Set the machine's shell for all commands of some steps; it affects how they are displayed."""
    return tuple(replace(step, actions=tuple(_action_in(dialect, one) for one in step.actions)) for step in steps)


def _action_in(dialect: Shell, action: Action) -> Action:
    return replace(action, command=replace(action.command, dialect=dialect)) if isinstance(action, Run) else action


def spoken_in(dialect: Shell, expressions: Iterable[EnvExpr]) -> tuple[EnvExpr, ...]:
    """Adapt assignments to a shell: the dialect of their commands and the case of variable names."""
    return tuple(EnvExpr(dialect.variable(one.name), _parts_in(dialect, one.parts)) for one in expressions)


def _parts_in(dialect: Shell, parts: tuple[EnvPart, ...]) -> tuple[EnvPart, ...]:
    return tuple(_part_in(dialect, part) for part in parts)


def _part_in(dialect: Shell, part: EnvPart) -> EnvPart:
    match part:
        case Substitution():
            return part if part.dialect is Shell.BASH else replace(part, dialect=dialect)
        case Variable(name=name, default=default):
            inner = None if default is None else _parts_in(dialect, default)
            return replace(part, name=dialect.variable(name), default=inner)
        case _:
            return part


# The platform setup of a build: its machine, its Python, and the setup actions.


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInputs:
    """The inputs of a platform for planning one build; `resolved` are the options of the build."""

    entry: CatalogEntry
    resolved: BuildOptions
    options: Options
    catalog: Catalog
    facts: HostFacts

    @property
    def identifier(self) -> BuildIdentifier:
        """The identifier of the build."""
        return self.entry.identifier


@dataclass(frozen=True, slots=True)
class MissingPython:
    """The host has no Python for a build identifier."""

    identifier: BuildIdentifier


@dataclass(frozen=True, slots=True)
class RefusedBuild:
    """The options of a build do not fit its platform; the errors of all builds are reported together."""

    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestTarget:
    """One architecture of a wheel to build for or to test on; most wheels have only one.

    If it is not the machine's own, `prefix` starts programs on it or for it, and `uv_args` select it in uv, which
    itself runs on the machine's own architecture.
    """

    prefix: tuple[str | Template, ...] = ()
    uv_args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """Conventions of the operating system: the shell of commands, and the layout of virtual environments."""

    shell: Shell = Shell.SH
    venv: VenvLayout = POSIX_VENV


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSetup:
    """The platform setup of one build.

    `base_python` is the interpreter itself, `python` the one used for the build (the same, or that of an environment
    created for the build), `bin_dir` its directory. `set_up` prepares them, `tools` installs the tools for hooks and
    frontend with the variables of the build, and `before_repair` prepares the built wheel for the repair command.
    `keeps_environments` means that the base Python does not move, so its environments can be cached between runs.
    `constraints` is the text that pins the tools, `untested` says why tests cannot run, and `platform_tag` is the
    expected tag of the repaired wheel.

    `environment` is set before the user's variables, `last_environment` after them. `path` sets PATH if `bin_dir` is
    not simply prepended to the machine's PATH.
    `builder` is the architecture for before-build, `test_targets` are the architectures to test on.
    `repair_values` are the platform-specific placeholders of the repair command.
    With `shares_host`, before-all prepares the computer itself, for all builds. `make_test_environment` replaces
    uv's test environment, and `test_pip` is its pip if that is a special program.

    `build` are the actions that produce a wheel instead of a build frontend. `tests` are the test steps if there is
    no test environment; then the tests have only the variables in `test_environment`.
    """

    machine: MachineSpec
    base_python: Template
    python: Template
    bin_dir: Template
    path: EnvExpr | None = None
    conventions: Conventions = Conventions()
    set_up: tuple[Action, ...] = ()
    tools: tuple[Action, ...] = ()
    build: tuple[Action, ...] = ()
    before_repair: tuple[Action, ...] = ()
    environment: tuple[EnvExpr, ...] = ()
    last_environment: tuple[EnvExpr, ...] = ()
    before_all_environment: tuple[EnvExpr, ...] = ()
    test_environment: tuple[EnvExpr, ...] = ()
    make_test_environment: tuple[Action, ...] = ()
    test_pip: Template | None = None
    builder: TestTarget = TestTarget()
    test_targets: tuple[TestTarget, ...] = (TestTarget(),)
    tests: tuple[Step, ...] | None = None
    keeps_environments: bool = True
    caches_compilers: bool = True
    shares_host: bool = False
    constraints: str = ""
    platform_tag: str = ""
    repair_values: tuple[tuple[Placeholder, str | Template], ...] = ()
    untested: str = ""
    notes: tuple[str, ...] = ()


# File operations of a build, with shell commands or with a script.

_ROOT = Template.of("/")


def fresh_directories(dialect: Shell) -> Run:
    """Create a fresh copy of the project and the directories of a build."""
    match dialect:
        case Shell.SH | Shell.BASH:
            text = Template.of(
                *("rm -rf '", PROJECT, "' '", WORK, "'"),
                *(" && mkdir -p '", BUILT_DIR, "' '", REPAIRED_DIR, "' '", TEST_DIR, "'"),
                *(" && cp -a '", SOURCE, "' '", PROJECT, "'"),
            )
            return shell(text, cwd=_ROOT)
        case Shell.CMD:
            return script("fresh", SOURCE, PROJECT, WORK, cwd=_ROOT)
        case _:
            assert_never(dialect)


def move_unrepaired(dialect: Shell) -> Run:
    """Move the built wheel to the directory of repaired wheels if there is no repair command."""
    match dialect:
        case Shell.SH | Shell.BASH:
            return program("mv", Placeholder.BUILT_WHEEL, REPAIRED_DIR)
        case Shell.CMD:
            return script("move", Placeholder.BUILT_WHEEL, REPAIRED_DIR)
        case _:
            assert_never(dialect)


def leads_out(source: str) -> bool:
    """Whether a path relative to the project is outside of it."""
    return _levels_up(source) > 0


def test_directory(sources: tuple[str, ...]) -> Template:
    """The directory where the tests run.

    It is as many levels below TEST_DIR as a source goes up, so that `../tests` stays inside TEST_DIR.
    """
    return Template.of(TEST_DIR, "/cwd" * _depth(sources))


def bring_test_sources(sources: tuple[str, ...], dialect: Shell) -> tuple[Action, ...]:
    """Copy the test sources to the test directory, from the project and from its parent directories."""
    own = tuple(source for source in sources if not leads_out(source))
    outside = [_bring(_normal(source), _depth(sources)) for source in sources if leads_out(source)]
    copy = (copy_to_tests(own, dialect, test_directory(sources)),) if sources else ()
    return (*copy, *outside)


def copy_to_tests(sources: tuple[str, ...], dialect: Shell, directory: Template = TEST_DIR) -> Run:
    """Copy files and directories of the project to the test directory."""
    match dialect:
        case Shell.SH | Shell.BASH:
            copies = (_copy(source, directory, " && " * (number > 0)) for number, source in enumerate(sources))
            return shell(Template.of(*copies) if sources else Template.of("mkdir -p '", directory, "'"))
        case Shell.CMD:
            return script("copy", directory, *map(_normal, sources))
        case _:
            assert_never(dialect)


def judge_path(setup: PlatformSetup) -> Run:
    """Check that python and pip on PATH are those of the build."""
    match setup.conventions.shell:
        case Shell.SH | Shell.BASH:
            return program("sh", OWN_PYTHON, setup.bin_dir)
        case Shell.CMD:
            return script("judge", setup.bin_dir)
        case _:
            assert_never(setup.conventions.shell)


def certificates() -> tuple[Run, Template]:
    """The action that writes the certificates that cibw trusts to a file, and the path of the file."""
    file = Template.of(WORK, "/certificates.pem")
    return program(Placeholder.CIBW_PYTHON, "-I", resource("certificates.py"), file), file


def script(*arguments: Argument, cwd: Template = PROJECT) -> Run:
    """Run a file operation with cibw's Python, because cmd.exe has no reliable commands for it."""
    return program(Placeholder.CIBW_PYTHON, "-I", resource("host_files.py"), *arguments, cwd=cwd)


def _bring(source: str, depth: int) -> PutFiles:
    levels = _levels_up(source)
    rest = source.split("/")[levels:]
    return PutFiles(
        path=Template.of(TEST_DIR, "/cwd" * (depth - levels), *(f"/{part}" for part in rest)), source=source
    )


def _depth(sources: tuple[str, ...]) -> int:
    return max(map(_levels_up, sources), default=0)


def _levels_up(source: str) -> int:
    return _normal(source).split("/").count("..")


def _normal(source: str) -> str:
    # With a trailing slash, cp on macOS copies the contents of a directory, not the directory.
    return posixpath.normpath(source.replace("\\", "/"))


def _copy(source: str, directory: Template, joint: str) -> Template:
    source = _normal(source)
    parent, _, _name = source.rpartition("/")
    target = Template.of("'", directory, f"'/{shlex.quote(parent)}" if parent else "'")
    return Template.of(f"{joint}mkdir -p ", target, f" && cp -a {shlex.quote(source)} ", target)
