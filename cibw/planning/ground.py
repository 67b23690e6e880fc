"""Where a build stands: its machine, its Python, and what sets it up."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.catalog import Catalog, CatalogEntry
from cibw.config.options import BuildOptions, Options
from cibw.errors import Mistake
from cibw.model.environment import EnvExpr
from cibw.model.facts import Facts
from cibw.model.identifier import BuildIdentifier
from cibw.model.images import MachineSpec
from cibw.model.layout import POSIX_VENV, VenvLayout
from cibw.model.plan import Action, Step
from cibw.model.shell import Shell
from cibw.model.template import Late, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a platform knows when it decides on one build: `resolved` are the options of the build."""

    entry: CatalogEntry
    resolved: BuildOptions
    options: Options
    catalog: Catalog
    facts: Facts

    @property
    def identifier(self) -> BuildIdentifier:
        """The identifier of the build."""
        return self.entry.identifier


@dataclass(frozen=True, slots=True)
class MissingPython:
    """The host has no Python for an identifier."""

    identifier: BuildIdentifier


@dataclass(frozen=True, slots=True)
class Refused:
    """The options of a build do not fit its platform; a plan tells the mistakes of all builds together."""

    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One architecture of a wheel, which is built for it or tested on it; most wheels have but one.

    `prefix` starts a program on it, or for it, where it is not the machine's own, and `uv_args` tell uv of it,
    which itself runs on the machine's own.
    """

    prefix: tuple[str | Template, ...] = ()
    uv_args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """What the operating system decides: the shell of its commands, and where environments keep programs."""

    shell: Shell = Shell.SH
    venv: VenvLayout = POSIX_VENV


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the platform decides for one build.

    `base_python` is the interpreter itself, `python` the one that builds with (the same, or that of
    an environment made for the build), `bin_dir` its directory. `set_up` prepares them, `tools` installs
    what hooks and frontend need there, with the variables of the build, and `before_repair` fits the built
    wheel for the repair command. `keeps_environments` says that the base Python stays where it is, so that
    environments of it can be kept between runs. `constraints` is the text that pins the tools, `untested`
    says why the tests can't run here, and `platform_tag` is what the repaired wheel should carry.

    `environment` holds before the variables that the user sets, `last_environment` after them. `path` is what
    PATH is where `bin_dir` is not merely put before the PATH of the machine.
    `builder` is what before-build runs on, `halves` are the architectures that the wheel is tested on.
    `repair_values` are those that the repair command may name on this platform alone.
    With `shares_host` before-all prepares the computer itself, for all builds. `make_test_environment` takes the
    place of uv's environment for tests, and `test_pip` is its pip where that is a program of its own kind.

    `build` are the actions that give a wheel where no build frontend does, and `tests` the steps that test it
    where there is no environment for that; then the tests have only the variables that `test_environment` adds.
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
    builder: Half = Half()
    halves: tuple[Half, ...] = (Half(),)
    tests: tuple[Step, ...] | None = None
    keeps_environments: bool = True
    caches_compilers: bool = True
    shares_host: bool = False
    constraints: str = ""
    platform_tag: str = ""
    repair_values: tuple[tuple[Late, str | Template], ...] = ()
    untested: str = ""
    notes: tuple[str, ...] = ()
