"""The `config` command: shows, explains and migrates the configuration."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from cibw.catalog import Catalog, load_catalog
from cibw.cli.arguments import (
    CommandLine,
    Parser,
    Subcommand,
    add_debug_traceback,
    add_engine,
    add_package,
    add_platform,
)
from cibw.cli.facts import known_facts, read_options
from cibw.cli.project import config_file_of, open_project, sources_of
from cibw.cli.session import Session
from cibw.config.cascade import Arguments, Inherit, Setting, SettingPlace
from cibw.config.documents import masked, named_texts, run_settings
from cibw.config.load import load_options
from cibw.config.migrate import Migration, migrate, migration_notes
from cibw.config.options import Options
from cibw.config.toml import TomlValue, did_you_mean
from cibw.errors import ConfigurationError, assert_never
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.planning.select import select
from cibw.reporting.codecs import json_text
from cibw.reporting.terminal import TerminalStyle, count
from cibw.untrusted.text import read_bytes

# The command line of `cibw config`.

_EPILOG = """\
actions:
  show     print the value of each option, for the selected builds or for one identifier
  schema   print the JSON schema of [tool.cibw], for editors and validators
  migrate  convert [tool.cibuildwheel] to [tool.cibw], and list what changes
"""


class ConfigAction(Enum):
    """The actions of `cibw config`."""

    SHOW = "show"
    SCHEMA = "schema"
    MIGRATE = "migrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigArguments(CommandLine):
    """The arguments of `cibw config`."""

    action: str
    identifier: str = ""
    explain: bool = False
    write: bool = False

    def conflict(self) -> str:
        """Why these arguments cannot be combined; empty if they can."""
        if self.identifier and self.platform:
            return "--platform cannot be combined with an identifier, which includes the platform"
        # super() without arguments does not work in a class with slots.
        return CommandLine.conflict(self)


def _add_arguments(parser: Parser) -> None:
    actions = parser.add_subparsers(
        dest="action", metavar="ACTION", required=True, prog="cibw config", parser_class=argparse.ArgumentParser
    )
    _add_show(_action(actions, ConfigAction.SHOW, "Print the options of each selected build, or of one identifier."))
    _action(actions, ConfigAction.SCHEMA, "Print the JSON schema of [tool.cibw].")
    _add_migrate(
        _action(actions, ConfigAction.MIGRATE, "Print [tool.cibuildwheel] as [tool.cibw], and list what changes.")
    )


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], action: ConfigAction, description: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        action.value, description=description, argument_default=argparse.SUPPRESS, allow_abbrev=False
    )
    add_debug_traceback(parser)
    return parser


def _add_project(parser: argparse.ArgumentParser) -> None:
    add_package(parser)
    add_platform(parser)


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "identifier", metavar="IDENTIFIER", nargs="?", help="build identifier, of any platform, selected or not"
    )
    _add_project(parser)
    parser.add_argument("--archs", metavar="ARCHS", help="architectures, as for a build [CIBW_ARCHS]")
    parser.add_argument(
        "--enable", metavar="GROUP", action="append", help="add a group of interpreters; may be repeated [CIBW_ENABLE]"
    )
    add_engine(parser)
    parser.add_argument(
        "--explain", action="store_true", help="show where each value is set, and which values it overrides"
    )
    parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as JSON")


def _add_migrate(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.add_argument(
        "--write", action="store_true", help="write the change to the file; the rest of the file is kept"
    )


# Format options as text and JSON.

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_Builds = Sequence[tuple[BuildIdentifier, tuple[Setting, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The options of a run and those of each of its builds."""

    platform: Platform
    run: tuple[Setting, ...]
    builds: tuple[tuple[BuildIdentifier, tuple[Setting, ...]], ...]


def overview_text(overview: Overview, style: TerminalStyle, *, explains: bool) -> str:
    """The options as TOML-like lines; options that all builds share are shown once."""
    lines = [*_section(f"the run, on {overview.platform.value}", overview.run, style, explains=explains)]
    shared = _shared(overview.builds)
    if len(overview.builds) > 1:
        lines.extend(_section(f"all {count(len(overview.builds), 'build')}", shared, style, explains=explains))
    for identifiers, settings in _groups(overview.builds, shared):
        lines.extend(_section(", ".join(map(str, identifiers)), settings, style, explains=explains))
    if not overview.builds:
        lines.append("# No build is selected; `cibw plan` explains why.")
    return "\n".join(lines).rstrip("\n") + "\n"


def _shared(builds: _Builds) -> tuple[Setting, ...]:
    if len(builds) < 2:
        return ()
    (_, first), *others = builds
    return tuple(setting for setting in first if all(setting in settings for _, settings in others))


def _groups(
    builds: _Builds, shared: tuple[Setting, ...]
) -> Iterator[tuple[list[BuildIdentifier], tuple[Setting, ...]]]:
    groups: list[tuple[list[BuildIdentifier], tuple[Setting, ...]]] = []
    for identifier, settings in builds:
        rest = tuple(setting for setting in settings if setting not in shared)
        known = next((identifiers for identifiers, others in groups if others == rest), None)
        if known is None:
            groups.append(([identifier], rest))
        else:
            known.append(identifier)
    yield from (group for group in groups if group[1])


def _section(title: str, settings: Sequence[Setting], style: TerminalStyle, *, explains: bool) -> Iterator[str]:
    wrapped = textwrap.wrap(title, max(style.width, 40) - 2, initial_indent="# ", subsequent_indent="# ")
    yield from (style.bold(line) for line in wrapped)
    for setting in settings:
        line = f"{setting.name} = {toml_text(setting.value)}"
        has_more = explains and len(setting.places) > 1
        says_more = not has_more and (explains or not setting.is_default)
        yield f"{line}  {style.dim(f'# {setting.origin}')}" if says_more else line
        if has_more:
            yield from (style.dim(f"    # {line}") for line in _explanation(setting))
    yield ""


def _explanation(setting: Setting) -> Iterator[str]:
    counting = [place for place in setting.places if place.counts]
    for place in setting.places:
        is_alone = place.counts and len(counting) == 1
        yield _rule(place) + (place.origin if is_alone else f"{place.origin}: {toml_text(place.value)}")


def _rule(place: SettingPlace) -> str:
    if not place.counts:
        return "over "
    return "" if place.inherit is Inherit.NONE else f"{place.inherit.value}ed: "


def toml_text(value: TomlValue) -> str:
    """A value as TOML on one line."""
    match value:
        case tuple():
            return f"[{', '.join(toml_text(item) for item in value)}]"
        case Mapping():
            pairs = ", ".join(f"{_key(key)} = {toml_text(item)}" for key, item in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if name and _BARE.issuperset(name) else json.dumps(name, ensure_ascii=False)


def overview_json(overview: Overview) -> str:
    """The options as JSON: `platform`, `run`, and `builds` by identifier."""
    builds = {str(identifier): _settings(settings) for identifier, settings in overview.builds}
    return json_text({"platform": overview.platform.value, "run": _settings(overview.run), "builds": builds})


def _settings(settings: Sequence[Setting]) -> dict[str, object]:
    return {
        setting.name: {
            "value": _data(setting.value),
            "origin": setting.origin,
            "places": [_place(place) for place in setting.places],
        }
        for setting in settings
    }


def _place(place: SettingPlace) -> dict[str, object]:
    return {
        "origin": place.origin,
        "value": _data(place.value),
        "inherit": place.inherit.value,
        "counts": place.counts,
    }


def _data(value: TomlValue) -> object:
    match value:
        case tuple():
            return [_data(item) for item in value]
        case Mapping():
            return {key: _data(item) for key, item in value.items()}
        case _:
            return value


# The command `cibw config show`.


def _show(session: Session, arguments: ConfigArguments) -> int:
    """Print the options of the selected builds, or of one identifier; ConfigurationError for mistakes."""
    options = read_options(session, arguments.identifier)
    overview = _masked(_overview(arguments, options), session)
    if arguments.as_json:
        print(overview_json(overview), end="")
    else:
        print(overview_text(overview, session.style, explains=arguments.explain), end="")
    return 0


def _overview(line: ConfigArguments, options: Options) -> Overview:
    catalog = load_catalog()
    if line.identifier:
        identifiers = [_named(line.identifier, catalog)]
    else:
        identifiers = [entry.identifier for entry in select(options, catalog, known_facts()).selected]
    return Overview(
        platform=options.platform,
        run=run_settings(options, Arguments(archs=line.archs, enable=line.enable)),
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


# The command `cibw config migrate`.


def _migrate(session: Session, line: ConfigArguments) -> int:
    """Print or write the new table, and list the changes on standard error; ConfigurationError for mistakes in it.

    The mistakes are reported after the table was written, because they also exist in the old table.
    """
    with open_project(line, session.working_dir) as project:
        sources = sources_of(line, project, session.working_dir, session.environment)
        label, path = config_file_of(line, project, session.working_dir)
        migration = migrate(label, _text_of(path))
        if line.write:
            path.write_bytes(migration.text.encode())
        else:
            print(migration.table_text, end="")
        print("\n".join(_report(label, migration, session, is_written=line.write)), file=sys.stderr)
        load_options(replace(sources, config_text=migration.text), session.platform())
    return 0


def _text_of(path: Path) -> str:
    """The text of the file, with its original line endings."""
    data = read_bytes(path, str(path))
    if data is None:
        raise ConfigurationError(f"{path} is missing.", hint="Pass the file with the options by --config-file.")
    return data.decode()


def _report(label: str, migration: Migration, session: Session, *, is_written: bool) -> Iterator[str]:
    style = session.style
    done = "is changed" if is_written else "is not changed; --write changes it"
    yield style.bold(f"{label} {done}:")
    yield from (f"  {change}" for change in migration.changes)
    notes = migration_notes(migration.table, session.environment)
    if notes:
        yield style.bold("Differences from cibuildwheel:")
        yield from (f"  {note}" for note in notes)
    if is_written:
        yield "cibuildwheel no longer finds options in this file. `cibw config show --explain` shows what cibw reads."


# The `config` command.


def run(session: Session, arguments: ConfigArguments) -> int:
    """Show options, print their schema, or migrate them."""
    action = ConfigAction(arguments.action)
    match action:
        case ConfigAction.SHOW:
            return _show(session, arguments)
        case ConfigAction.SCHEMA:
            from cibw.config.documents import schema_text

            print(schema_text(), end="")
            return 0
        case ConfigAction.MIGRATE:
            return _migrate(session, arguments)
        case _:
            assert_never(action)


COMMAND = Subcommand(
    name="config",
    usage="{show | schema | migrate} [options]",
    description="Show the options and where they come from, print their schema, or migrate from cibuildwheel.",
    epilog=_EPILOG,
    arguments=ConfigArguments,
    add_arguments=_add_arguments,
    run=run,
)
