"""The command line of `cibw verify`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_package, address, command_parser
from cibw.cli.publish_arguments import add_index, add_paths

_EPILOG = """\
exit codes:
  0 the index serves exactly these files, and they work; 23 verification failed, all problems are listed.
"""


def verify_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "verify",
        "[options] [DIR | FILE... | --release NAME==VERSION]",
        "Verify that an index serves the uploaded files: wait until it lists all files, compare their hashes, install\n"
        "the release from there into a clean environment, and run test-command or import it.",
        _EPILOG,
    )
    add_paths(parser)
    parser.add_argument(
        "--release",
        metavar="NAME==VERSION",
        help="verify the files that the index has of a release, if they are not available locally",
    )
    add_package(parser)
    index = parser.add_argument_group("index")
    add_index(index)
    add_verification(index)
    parser.add_argument(
        "--json", dest="as_json", action="store_true", help="print the result as JSON; other output goes to stderr"
    )
    return parser


def add_verification(group: argparse._ActionsContainer) -> None:
    """Add the arguments for the timeout and the index of dependencies."""
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="how long to wait until the index lists the files; default: 900",
    )
    group.add_argument(
        "--dependencies-from",
        metavar="ADDRESS",
        type=address,
        help="root of the simple API for dependencies, never for the project itself; default: UV_DEFAULT_INDEX or "
        "PIP_INDEX_URL, else the main index",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid number of seconds")
    return seconds
