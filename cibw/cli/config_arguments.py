"""The command line of `cibw config`."""

from __future__ import annotations

import argparse

from cibw.cli.command_line import ConfigAction
from cibw.cli.parsers import add_engine, add_package, add_platform

_EPILOG = """\
actions:
  show     print the value of each option, for the selected builds or for one identifier
  schema   print the JSON schema of [tool.cibw], for editors and validators
  migrate  convert [tool.cibuildwheel] to [tool.cibw], and list what changes
"""


def config_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="cibw config",
        usage="%(prog)s {show | schema | migrate} [options]",
        description="Show the options and where they come from, print their schema, or migrate from cibuildwheel.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    # Arguments that are not given keep the defaults of CommandLine.
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, prog="cibw config")
    _add_show(_action(actions, ConfigAction.SHOW, "Print the options of each selected build, or of one identifier."))
    _action(actions, ConfigAction.SCHEMA, "Print the JSON schema of [tool.cibw].")
    _add_migrate(
        _action(actions, ConfigAction.MIGRATE, "Print [tool.cibuildwheel] as [tool.cibw], and list what changes.")
    )
    return parser


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], action: ConfigAction, description: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        action.value, description=description, argument_default=argparse.SUPPRESS, allow_abbrev=False
    )
    parser.add_argument("--debug-traceback", action="store_true", help="show the traceback of errors")
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
