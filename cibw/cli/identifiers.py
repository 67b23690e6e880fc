"""The command that prints the selected build identifiers."""

from __future__ import annotations

from cibw.catalog import load_catalog
from cibw.cli.facts import known_facts
from cibw.cli.project import open_project, sources_of
from cibw.cli.sessions import Session
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.planning.select import select


def print_identifiers(session: Session) -> int:
    """Print the selected build identifiers, a line each; nothing selected is no error here."""
    options = read_options(session)
    selection = select(options, load_catalog(), known_facts())
    for entry in selection.selected:
        print(entry.identifier)
    return 0


def read_options(session: Session) -> Options:
    """The options of the project that the command line names."""
    with open_project(session.line, session.working_dir) as project:
        sources = sources_of(session.line, project, session.working_dir, session.environment)
        options = load_options(sources, session.platform())
    session.mask.watch(options.secrets, session.environment)
    return options
