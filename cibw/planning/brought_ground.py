"""A build on the host, in an environment of its own, with an interpreter that the run brings."""

from __future__ import annotations

from cibw.model.images import HostSpec
from cibw.model.layout import BUILD_ENVIRONMENT
from cibw.model.plan import Action
from cibw.planning.commands import assign, virtual_environment
from cibw.planning.ground import Circumstances, Conventions, Ground
from cibw.planning.interpreters import Brought
from cibw.planning.tools import constraints, frontend_tools, seed


def brought_ground(
    given: Circumstances, brought: Brought, repair_tools: tuple[str, ...], conventions: Conventions, *further: Action
) -> Ground:
    """What such builds have in common; `further` actions set up more before the environment is made."""
    identifier, resolved = given.identifier, given.resolved
    python = conventions.venv.python(BUILD_ENVIRONMENT)
    pins = constraints(resolved, identifier, given.catalog)
    return Ground(
        machine=HostSpec(),
        base_python=brought.python,
        python=python,
        bin_dir=conventions.venv.bin_dir(BUILD_ENVIRONMENT),
        conventions=conventions,
        set_up=(*brought.actions, *further, virtual_environment(brought.python, BUILD_ENVIRONMENT)),
        tools=(seed(identifier.interpreter, python, pins), *frontend_tools(resolved, python, pins, *repair_tools)),
        environment=(assign("VIRTUAL_ENV", BUILD_ENVIRONMENT),),
        keeps_environments=False,
        caches_compilers=False,
        shares_host=True,
        constraints=pins,
    )
