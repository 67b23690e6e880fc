"""The command line of `cibw verify`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_package, address, command_parser
from cibw.cli.publish_arguments import add_index, add_paths

_EPILOG = """\
exit codes:
  0 the index serves these very files, and they work; 23 it does not, and all that is wrong is told.
"""


def verify_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "verify",
        "[options] [DIR | FILE... | --release NAME==VERSION]",
        "See that an index serves what was sent: wait until it shows all files, compare their hashes, install the\n"
        "release from there into a clean environment, and run test-command or import it.",
        _EPILOG,
    )
    add_paths(parser)
    parser.add_argument(
        "--release",
        metavar="NAME==VERSION",
        help="verify what the index has of a release, where its files are not here",
    )
    add_package(parser)
    index = parser.add_argument_group("index")
    add_index(index)
    add_verification(index)
    parser.add_argument(
        "--json", dest="as_json", action="store_true", help="print the result as JSON; the rest to stderr"
    )
    return parser


def add_verification(group: argparse._ActionsContainer) -> None:
    """The arguments that say how long to wait, and where dependencies come from."""
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="how long the index may take to show the files; default: 900",
    )
    group.add_argument(
        "--dependencies-from",
        metavar="ADDRESS",
        type=address,
        help="the root of the simple API that dependencies are installed from, never the project itself; default: what "
        "UV_DEFAULT_INDEX or PIP_INDEX_URL says, else the main index",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid number of seconds")
    return seconds
