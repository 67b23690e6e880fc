"""Print the selected build identifiers (--print-build-identifiers)."""

from __future__ import annotations

from collections.abc import Iterable

from cibw.catalog import Catalog, CatalogEntry, load_catalog
from cibw.cli.facts import known_facts
from cibw.cli.project import open_project, sources_of
from cibw.cli.sessions import Session
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.model.target import Platform
from cibw.planning.select import select


def print_identifiers(session: Session) -> int:
    """Print the selected build identifiers, one per line; an empty selection is not an error."""
    options, catalog = read_options(session), load_catalog()
    selection = select(options, catalog, known_facts())
    if options.platform is Platform.LINUX:
        _judge_images(options, selection.selected, catalog)
    for entry in selection.selected:
        print(entry.identifier)
    return 0


def _judge_images(options: Options, selected: Iterable[CatalogEntry], catalog: Catalog) -> None:
    chosen = [one for one in selected if options.resolver.origin("image", one.identifier) != "default"]
    if chosen:
        from cibw.planning.platforms.linux import require_images  # half of the planner

        require_images(options, chosen, catalog)


def read_options(session: Session) -> Options:
    """The options of the project on the command line."""
    with open_project(session.line, session.working_dir) as project:
        sources = sources_of(session.line, project, session.working_dir, session.environment)
        options = load_options(sources, session.platform())
    session.mask.watch(options.secrets, session.environment)
    return options
