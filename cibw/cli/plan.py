"""Commands that print what a build would do."""

from __future__ import annotations

from cibw.catalog import load_catalog
from cibw.cli.facts import gather, known_facts
from cibw.cli.project import open_project, sources_of
from cibw.cli.secrets import secrets_of
from cibw.cli.sessions import Session
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.model.plan import Plan
from cibw.planning.make import make_plan
from cibw.planning.select import select
from cibw.reporting.plan_text import plan_text
from cibw.reporting.redact import masked_text


def print_identifiers(session: Session) -> int:
    """Print the selected build identifiers, a line each; nothing selected is no error here."""
    options = read_options(session)
    selection = select(options, load_catalog(), known_facts())
    for entry in selection.selected:
        print(entry.identifier)
    return 0


def print_plan(session: Session) -> int:
    """Print the plan as text or as JSON; NothingSelectedError where there is nothing to build."""
    options = read_options(session)
    catalog = load_catalog()
    gathered = gather(session, options, catalog, resolves_engine=False)
    plan = make_plan(options, catalog, gathered.facts)
    text = _plan_as_json(plan) if session.line.as_json else plan_text(plan, session.look)
    print(masked_text(text, secrets_of(session.environment, plan)), end="")
    return 0


def _plan_as_json(plan: Plan) -> str:
    from cibw.reporting.codec import plan_to_json

    return plan_to_json(plan)


def read_options(session: Session) -> Options:
    """The options of the project that the command line names."""
    with open_project(session.line, session.working_dir) as project:
        sources = sources_of(session.line, project, session.working_dir, session.environment)
        return load_options(sources, session.platform())
