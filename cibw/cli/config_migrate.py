"""The command that takes over a configuration of cibuildwheel."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cibw.cli.project import config_file_of, open_project, sources_of
from cibw.cli.sessions import Session
from cibw.config.load import load_options
from cibw.config.migrate import Migration, migrate
from cibw.config.migration_notes import migration_notes
from cibw.errors import ConfigurationError
from cibw.untrusted.text import read_bytes


def migrate_file(session: Session) -> int:
    """Print or write the new table, and say on standard error what changes; ConfigurationError for mistakes in it.

    The mistakes come last, when the table is there: cibw finds them under the old name as well.
    """
    line = session.line
    with open_project(line, session.working_dir) as project:
        sources = sources_of(line, project, session.working_dir, session.environment)
        label, path = config_file_of(line, project, session.working_dir)
        migration = migrate(label, _text_of(path))
        if line.write:
            path.write_bytes(migration.text.encode())
        else:
            print(migration.table_text, end="")
        print("\n".join(_report(label, migration, session)), file=sys.stderr)
        load_options(replace(sources, config_text=migration.text), session.platform())
    return 0


def _text_of(path: Path) -> str:
    """The file as it is, with its own ends of lines."""
    data = read_bytes(path, str(path))
    if data is None:
        raise ConfigurationError(f"{path} is missing.", hint="Name the file with the options by --config-file.")
    return data.decode()


def _report(label: str, migration: Migration, session: Session) -> Iterator[str]:
    look = session.look
    done = "is changed" if session.line.write else "is not changed; --write changes it"
    yield look.bold(f"{label} {done}:")
    yield from (f"  {change}" for change in migration.changes)
    notes = migration_notes(migration.table, session.environment)
    if notes:
        yield look.bold("What differs from cibuildwheel:")
        yield from (f"  {note}" for note in notes)
    if session.line.write:
        yield "cibuildwheel finds no options in the file any more; `cibw config show --explain` shows what cibw reads."
