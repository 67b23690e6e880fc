"""The command line of `cibw release`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_config_file, add_engine, add_jobs, command_parser
from cibw.cli.publish_arguments import add_gates, add_upload
from cibw.cli.verify_arguments import add_verification

_EPILOG = """\
The release stops at the first command that fails. Run the same command again to continue: nothing is rebuilt unless it
has changed, and nothing is uploaded twice.

exit codes:
  the exit codes of the commands: see `cibw --help`, `cibw publish --help` and `cibw verify --help`;
  25 the index already has all files of a tagged release.
"""


def release_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "release",
        "[options] [PACKAGE]",
        "Build the sdist and the wheels of a project, collect and check them, upload them to a package index, and\n"
        "verify them there: `cibw sdist`, `build`, `collect`, `check`, `publish`, `verify`, one after the other.",
        _EPILOG,
    )
    parser.add_argument(
        "package",
        metavar="PACKAGE",
        nargs="?",
        help="package directory in the current directory; default: the current directory",
    )
    add_config_file(parser)
    build = parser.add_argument_group("build")
    add_engine(build)
    add_jobs(build)
    _add_parts(parser.add_argument_group("parts"))
    index = parser.add_argument_group("index")
    add_upload(index)
    add_verification(index)
    add_gates(parser.add_argument_group("gates"))
    return parser


def _add_parts(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--collect",
        metavar="DIR",
        nargs="+",
        help="collect the files that other jobs built from these directories instead of building",
    )
    group.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        help="reuse wheels from the store if nothing has changed since they were built; default: yes, also in a CI",
    )
    group.add_argument(
        "--pure",
        action=argparse.BooleanOptionalAction,
        help="build one wheel of a pure Python project for all platforms; default: detected from the project's files",
    )
    group.add_argument("--dry-run", action="store_true", help="stop after the upload plan; upload nothing")
