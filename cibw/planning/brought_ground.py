"""Builds on the host, each in its own environment, with an interpreter that cibw installs."""

from __future__ import annotations

from cibw.config.options import FrontendName
from cibw.model.identifier import Implementation, Interpreter
from cibw.model.images import HostSpec
from cibw.model.layout import BUILD_ENVIRONMENT
from cibw.model.plan import Action
from cibw.model.target import Platform
from cibw.planning.commands import assign, unless_set, virtual_environment
from cibw.planning.files import certificates
from cibw.planning.ground import Circumstances, Conventions, Ground
from cibw.planning.interpreters import Brought
from cibw.planning.tools import constraints, frontend_tools, pip_of_virtualenv, seed

_ISOLATING = (Platform.MACOS, Platform.WINDOWS)
"""Platforms where `build` creates the isolated environment; elsewhere cibw creates it."""
_FIRST_WITH_TRUSTSTORE = 10
"""The first minor version whose pip uses the system certificates."""


def brought_ground(
    given: Circumstances, brought: Brought, repair_tools: tuple[str, ...], conventions: Conventions, *further: Action
) -> Ground:
    """The common parts of these builds; `further` actions run before the environment is created."""
    identifier, resolved = given.identifier, given.resolved
    python = conventions.venv.python(BUILD_ENVIRONMENT)
    pins = constraints(resolved, identifier, given.catalog)
    lay_certificates, bundle = certificates()
    needs_certificates = pip_needs_certificates(identifier.interpreter)
    isolates_by_pip = identifier.platform in _ISOLATING and resolved.build_frontend.name is FrontendName.BUILD
    return Ground(
        machine=HostSpec(),
        base_python=brought.python,
        python=python,
        bin_dir=conventions.venv.bin_dir(BUILD_ENVIRONMENT),
        conventions=conventions,
        set_up=(
            *brought.actions,
            *further,
            virtual_environment(brought.python, BUILD_ENVIRONMENT),
            *((lay_certificates,) if needs_certificates else ()),
        ),
        tools=(
            seed(identifier.interpreter, python, pins),
            *frontend_tools(resolved, python, pins, *repair_tools, *(("virtualenv",) if isolates_by_pip else ())),
        ),
        environment=(
            assign("VIRTUAL_ENV", BUILD_ENVIRONMENT),
            *((unless_set("PIP_CERT", bundle),) if needs_certificates else ()),
            *(pip_of_virtualenv(pins, identifier) if isolates_by_pip else ()),
        ),
        keeps_environments=False,
        caches_compilers=False,
        shares_host=True,
        constraints=pins,
    )


def pip_needs_certificates(interpreter: Interpreter) -> bool:
    """Whether an interpreter's pip uses only its bundled certificates, which are outdated.

    Its pip does not support truststore, which uses the system certificates.
    """
    return interpreter.minor < _FIRST_WITH_TRUSTSTORE or interpreter.implementation is Implementation.GRAALPY
