"""The command line of `cibw check`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_package, address, command_parser

_EPILOG = """\
Errors stop a release, warnings do not. check-ignore = ["RULE"] in [tool.cibw] makes warnings of a rule's errors.
docs/delivery.md lists the rules.

exit codes:
  0 the release may be published; 2 mistakes in the configuration; 18 the release has faults.
"""


def check_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "check",
        "[options] [DIR | FILE...]",
        "Check the wheels and the sdist of a release before they are published: that nothing is missing, that all is\n"
        "of one piece, and that a package index takes it. Nothing is sent, and no network is needed.",
        _EPILOG,
    )
    parser.add_argument(
        "paths",
        metavar="DIR | FILE",
        nargs="*",
        help="a directory with a release, or files, which need not be a whole one; default: dist, else wheelhouse",
    )
    add_package(parser)
    parser.add_argument(
        "--tag", metavar="TAG", help="the tag that the version must be that of; default: what the CI runs for"
    )
    parser.add_argument(
        "--to",
        metavar="INDEX",
        type=address,
        help="the index that the release is for: what only the public one refuses is a warning for others; "
        "default: the option publish-to, else pypi [CIBW_PUBLISH_TO]",
    )
    parser.add_argument(
        "--no-linters",
        dest="linters",
        action="store_false",
        help="do not run check-wheel-contents, pydistcheck and abi3audit, which run where they are installed",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="also name linters that are not installed")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print the findings as JSON")
    return parser
