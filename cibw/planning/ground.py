"""Where a build stands: its machine, its Python, and what sets it up."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.environment import EnvExpr
from cibw.model.images import MachineSpec
from cibw.model.plan import Action
from cibw.model.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the platform decides for one build.

    `base_python` is the interpreter itself, `python` the one that builds with (the same, or that of
    an environment made for the build), `bin_dir` its directory. `set_up` prepares them, `tools` installs
    what hooks and frontend need there, with the variables of the build, and `before_repair` fits the built
    wheel for the repair command. `keeps_environments` says that the base Python stays where it is, so that
    environments of it can be kept between runs. `constraints` is the text that pins the tools, `untested`
    says why the tests can't run here, and `platform_tag` is what the repaired wheel should carry.
    """

    machine: MachineSpec
    base_python: Template
    python: Template
    bin_dir: Template
    set_up: tuple[Action, ...] = ()
    tools: tuple[Action, ...] = ()
    before_repair: tuple[Action, ...] = ()
    environment: tuple[EnvExpr, ...] = ()
    keeps_environments: bool = True
    constraints: str = ""
    platform_tag: str = ""
    untested: str = ""
