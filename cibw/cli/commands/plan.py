"""The `plan` command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cibw.cli.arguments import CommandLine, Parser, Subcommand
from cibw.cli.commands.build import EPILOG
from cibw.cli.commands.build import add_arguments as add_build_arguments

if TYPE_CHECKING:
    from cibw.cli.session import Session
    from cibw.model.plan import Plan
    from cibw.reporting.terminal import TerminalStyle


def run(session: Session, arguments: CommandLine) -> int:
    """Print the plan as text or as JSON; NothingSelectedError if there is nothing to build."""
    # Imported here, because --help does not need the planner.
    from cibw.catalog import load_catalog
    from cibw.cli.facts import gather, read_options
    from cibw.cli.session import learn_from
    from cibw.planning.plan import make_plan

    options = read_options(session)
    catalog = load_catalog()
    gathered = gather(session, options, catalog, resolves_engine=False)
    plan = make_plan(options, catalog, gathered.facts, gathered.selection)
    text = _json(plan) if arguments.as_json else _text(plan, session.style)
    learn_from(session.mask, plan, options, session.environment)
    print(session.mask(text), end="")
    return 0


def _json(plan: Plan) -> str:
    from cibw.reporting.codecs import plan_to_json

    return plan_to_json(plan)


def _text(plan: Plan, style: TerminalStyle) -> str:
    from cibw.reporting.plan import plan_text

    return plan_text(plan, style)


def _add_arguments(parser: Parser) -> None:
    add_build_arguments(parser, is_plan=True)


COMMAND = Subcommand(
    name="plan",
    usage="[options] [PACKAGE]",
    description="Print the jobs, builds, steps and commands of a build, and why other identifiers are not built.",
    epilog=EPILOG,
    arguments=CommandLine,
    add_arguments=_add_arguments,
    run=run,
)
