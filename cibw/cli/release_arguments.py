"""The command line of `cibw release`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_config_file, add_engine, add_jobs, command_parser
from cibw.cli.publish_arguments import add_gates, add_upload
from cibw.cli.verify_arguments import add_verification

_EPILOG = """\
The first command that fails ends the release, and the same call goes on from there: nothing is built again that has
not changed, and nothing is sent twice.

exit codes:
  those of the commands: see `cibw --help`, `cibw publish --help` and `cibw verify --help`;
  25 a tagged release was on the index already, all of it.
"""


def release_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "release",
        "[options] [PACKAGE]",
        "Build the sdist and the wheels of a project, collect and check them, send them to a package index, and\n"
        "verify them there: `cibw sdist`, `build`, `collect`, `check`, `publish`, `verify`, one after the other.",
        _EPILOG,
    )
    parser.add_argument(
        "package",
        metavar="PACKAGE",
        nargs="?",
        help="the package's directory below the current one; default: the current directory",
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
        help="collect what other jobs have built from these folders, and build nothing here",
    )
    group.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        help="take wheels from the store where nothing has changed since they were built; default: yes, in a CI too",
    )
    group.add_argument(
        "--pure",
        action=argparse.BooleanOptionalAction,
        help="build one wheel for all platforms, of a pure Python project; default: where its files say that it is one",
    )
    group.add_argument("--dry-run", action="store_true", help="end with the upload plan, and send nothing")
