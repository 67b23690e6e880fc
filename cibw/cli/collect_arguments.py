"""The command line of `cibw collect`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import command_parser

_EPILOG = """\
Folders are searched to the bottom. The same file in two of them is copied once; two files of one name with different
bytes are an error, and nothing is copied. Nothing in the output directory is ever replaced or removed.

exit codes:
  0 all is in the output directory; 2 there is nothing to collect; 18 the files do not go together.
"""


def collect_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "collect",
        "[options] [DIR...]",
        "Gather wheels, sdists, attestations and manifests of several folders into one directory.",
        _EPILOG,
    )
    parser.add_argument(
        "paths",
        metavar="DIR",
        nargs="*",
        help="a folder of artifacts; default: the folders cibw-* and wheelhouse of the current directory",
    )
    parser.add_argument("--output-dir", metavar="DIR", help="where the files go; default: dist")
    return parser
