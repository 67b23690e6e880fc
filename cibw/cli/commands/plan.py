"""The `plan` command."""

from __future__ import annotations

from cibw.catalog import load_catalog
from cibw.cli.facts import gather, read_options
from cibw.cli.session import Session, learn_from
from cibw.model.plan import Plan
from cibw.planning.plan import make_plan
from cibw.reporting.plan import plan_text


def print_plan(session: Session) -> int:
    """Print the plan as text or as JSON; NothingSelectedError if there is nothing to build."""
    options = read_options(session)
    catalog = load_catalog()
    gathered = gather(session, options, catalog, resolves_engine=False)
    plan = make_plan(options, catalog, gathered.facts, gathered.selection)
    text = _plan_as_json(plan) if session.line.as_json else plan_text(plan, session.look)
    learn_from(session.mask, plan, options, session.environment)
    print(session.mask(text), end="")
    return 0


def _plan_as_json(plan: Plan) -> str:
    from cibw.reporting.codecs import plan_to_json

    return plan_to_json(plan)
