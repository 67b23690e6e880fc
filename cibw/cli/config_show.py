"""The command `cibw config show`."""

from __future__ import annotations

from cibw.catalog import Catalog, load_catalog
from cibw.cli.config_text import Overview, overview_json, overview_text
from cibw.cli.facts import known_facts
from cibw.cli.identifiers import read_options
from cibw.cli.sessions import Session
from cibw.config.options import Options
from cibw.config.overview import masked, named_texts, run_settings
from cibw.config.problems import did_you_mean
from cibw.config.sources import Arguments
from cibw.errors import ConfigurationError
from cibw.model.identifier import BuildIdentifier
from cibw.planning.select import select


def show(session: Session) -> int:
    """Print the options of the selected builds, or of one identifier; ConfigurationError for mistakes."""
    line = session.line
    options = read_options(session)
    overview = _masked(_overview(session, options), session)
    if line.as_json:
        print(overview_json(overview), end="")
    else:
        print(overview_text(overview, session.look, explains=line.explain), end="")
    return 0


def _overview(session: Session, options: Options) -> Overview:
    line, catalog = session.line, load_catalog()
    arguments = Arguments(archs=line.archs, enable=line.enable)
    if line.identifier:
        identifiers = [_named(line.identifier, catalog)]
    else:
        identifiers = [entry.identifier for entry in select(options, catalog, known_facts()).selected]
    return Overview(
        platform=options.platform,
        run=run_settings(options, arguments),
        builds=tuple((identifier, options.resolver.settings(identifier)) for identifier in identifiers),
    )


def _named(text: str, catalog: Catalog) -> BuildIdentifier:
    identifier = BuildIdentifier.parse(text)
    known = [str(entry.identifier) for entry in catalog.interpreters(identifier.platform)]
    if text not in known:
        raise ConfigurationError(
            f"{text} is not an identifier of {identifier.platform.value}.", hint=did_you_mean(text, known)
        )
    return identifier


def _masked(overview: Overview, session: Session) -> Overview:
    mask = session.mask
    for settings in (overview.run, *(settings for _, settings in overview.builds)):
        mask.hear(named_texts(settings))
    builds = tuple((identifier, masked(settings, mask)) for identifier, settings in overview.builds)
    return Overview(platform=overview.platform, run=masked(overview.run, mask), builds=builds)
