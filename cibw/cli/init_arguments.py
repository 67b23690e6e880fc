"""The command line of `cibw init`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_package, command_parser

_CIS = ("github", "gitlab", "azure", "circleci", "travis")
_EPILOG = """\
The workflow builds the sdist and the wheels for the platforms in release-targets (default: Linux, macOS and Windows).
It checks that the release is complete, and publishes it when a tag is pushed.
Variables of this shell such as CIBW_BUILD are ignored, because the CI does not have them.
"""


def init_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "init",
        "{github | gitlab | azure | circleci | travis} [options]",
        "Write the workflow files for a CI service that builds, checks and publishes the project.",
        _EPILOG,
    )
    parser.add_argument("action", metavar="CI", choices=_CIS, help="github, gitlab, azure, circleci or travis")
    add_package(parser)
    group = parser.add_argument_group("workflow")
    group.add_argument(
        "--from-sdist",
        dest="sdist_first",
        action="store_true",
        help="build the wheels from the sdist instead of a checkout",
    )
    group.add_argument(
        "--per-identifier",
        action="store_true",
        help="use one job per build identifier, not per architecture; abi3 wheels are then built for each Python",
    )
    group.add_argument(
        "--pure",
        action=argparse.BooleanOptionalAction,
        help="use a single job for the wheel of a pure Python project; default: detected from the project's files",
    )
    group.add_argument(
        "--no-test-index",
        dest="test_index",
        action="store_false",
        help="do not publish each push of the main branch to the test index",
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output", metavar="FILE", help="file to write, or - for standard output; default: the CI's usual path"
    )
    output.add_argument("--force", action="store_true", help="overwrite a differing file and show the changes")
    return parser
