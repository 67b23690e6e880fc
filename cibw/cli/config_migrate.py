"""The command `cibw config migrate`."""

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
    """Print or write the new table, and list the changes on standard error; ConfigurationError for mistakes in it.

    The mistakes are reported after the table was written, because they also exist in the old table.
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
    """The text of the file, with its original line endings."""
    data = read_bytes(path, str(path))
    if data is None:
        raise ConfigurationError(f"{path} is missing.", hint="Pass the file with the options by --config-file.")
    return data.decode()


def _report(label: str, migration: Migration, session: Session) -> Iterator[str]:
    look = session.look
    done = "is changed" if session.line.write else "is not changed; --write changes it"
    yield look.bold(f"{label} {done}:")
    yield from (f"  {change}" for change in migration.changes)
    notes = migration_notes(migration.table, session.environment)
    if notes:
        yield look.bold("Differences from cibuildwheel:")
        yield from (f"  {note}" for note in notes)
    if session.line.write:
        yield "cibuildwheel no longer finds options in this file. `cibw config show --explain` shows what cibw reads."
