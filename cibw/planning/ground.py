"""The platform setup of a build: its machine, its Python, and the setup actions."""

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
    """The inputs of a platform for planning one build; `resolved` are the options of the build."""

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
    """The host has no Python for a build identifier."""

    identifier: BuildIdentifier


@dataclass(frozen=True, slots=True)
class Refused:
    """The options of a build do not fit its platform; the errors of all builds are reported together."""

    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
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
class Ground:
    """The platform setup of one build.

    `base_python` is the interpreter itself, `python` the one used for the build (the same, or that of an environment
    created for the build), `bin_dir` its directory. `set_up` prepares them, `tools` installs the tools for hooks and
    frontend with the variables of the build, and `before_repair` prepares the built wheel for the repair command.
    `keeps_environments` means that the base Python does not move, so its environments can be cached between runs.
    `constraints` is the text that pins the tools, `untested` says why tests cannot run, and `platform_tag` is the
    expected tag of the repaired wheel.

    `environment` is set before the user's variables, `last_environment` after them. `path` sets PATH if `bin_dir` is
    not simply prepended to the machine's PATH.
    `builder` is the architecture for before-build, `halves` are the architectures to test on.
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
