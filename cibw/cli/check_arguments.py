"""The command line of `cibw check`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_package, address, command_parser

_EPILOG = """\
Errors stop a release, warnings do not. check-ignore = ["RULE"] in [tool.cibw] turns a rule's errors into warnings.
docs/delivery.md lists the rules.

exit codes:
  0 the release can be published; 2 invalid configuration; 18 the release has errors.
"""


def check_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "check",
        "[options] [DIR | FILE...]",
        "Check the wheels and the sdist of a release before publishing: the release is complete, its files are\n"
        "consistent, and a package index accepts them. Nothing is uploaded, and no network is needed.",
        _EPILOG,
    )
    parser.add_argument(
        "paths",
        metavar="DIR | FILE",
        nargs="*",
        help="directory of a release, or files, which may be part of a release; default: dist, else wheelhouse",
    )
    add_package(parser)
    parser.add_argument("--tag", metavar="TAG", help="tag that the version must match; default: the tag of the CI run")
    parser.add_argument(
        "--to",
        metavar="INDEX",
        type=address,
        help="index to check for; rules that only the public index enforces are warnings for other indexes; "
        "default: the option publish-to, else pypi [CIBW_PUBLISH_TO]",
    )
    parser.add_argument(
        "--no-linters",
        dest="linters",
        action="store_false",
        help="do not run check-wheel-contents, pydistcheck and abi3audit, which run if they are installed",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="also list linters that are not installed")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print the findings as JSON")
    return parser
