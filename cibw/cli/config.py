"""The `config` command."""

from __future__ import annotations

from cibw.cli.command_line import ConfigAction
from cibw.cli.sessions import Session
from cibw.exhaustive import assert_never


def config(session: Session) -> int:
    """Show options, print their schema, or migrate them."""
    action = ConfigAction(session.line.action)
    match action:
        case ConfigAction.SHOW:
            from cibw.cli.config_show import show

            return show(session)
        case ConfigAction.SCHEMA:
            from cibw.config.schema import schema_text

            print(schema_text(), end="")
            return 0
        case ConfigAction.MIGRATE:
            from cibw.cli.config_migrate import migrate_file

            return migrate_file(session)
        case _:
            assert_never(action)
