"""The command line of `cibw init`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_package, command_parser

_CIS = ("github", "gitlab", "azure", "circleci", "travis")
_EPILOG = """\
The file builds the sdist, and the wheels of the platforms of the option release-targets; without any, those for
Linux, macOS and Windows. It checks that the release is complete, and publishes it where a tag is pushed.
Variables of this shell such as CIBW_BUILD do not count, as the CI does not have them.
"""


def init_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "init",
        "{github | gitlab | azure | circleci | travis} [options]",
        "Write the workflow files that have a CI build, check and publish the project.",
        _EPILOG,
    )
    parser.add_argument("action", metavar="CI", choices=_CIS, help="the CI: github, gitlab, azure, circleci or travis")
    add_package(parser)
    group = parser.add_argument_group("workflow")
    group.add_argument(
        "--from-sdist",
        dest="sdist_first",
        action="store_true",
        help="build the wheels from the sdist, in place of a checkout",
    )
    group.add_argument(
        "--per-identifier",
        action="store_true",
        help="a job for each build identifier, in place of one for each architecture; abi3 wheels are then built anew "
        "for each Python",
    )
    group.add_argument(
        "--pure",
        action=argparse.BooleanOptionalAction,
        help="a single job for the wheel of a pure Python project; default: where its files say that it is one",
    )
    group.add_argument(
        "--no-test-index",
        dest="test_index",
        action="store_false",
        help="publish nothing to the test index; else each push of the main branch goes there",
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output", metavar="FILE", help="where the workflow is written; - for standard output; default: the CI's place"
    )
    output.add_argument("--force", action="store_true", help="overwrite a file that differs, and show what changes")
    return parser
