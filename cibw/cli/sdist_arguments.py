"""The command line of `cibw sdist`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import command_parser

_EPILOG = """\
An sdist is built only once, because two builds never give the same bytes and an index accepts a name only once.
dist.json beside the sdist records which source it was built from. `cibw build --from-sdist` builds wheels from it.

exit codes:
  0 the sdist exists; 1 the build backend failed; 16 pip install 'cibw[publish]' is required;
  18 the source is incomplete, or an index would not accept the sdist.
"""


def sdist_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "sdist", "[options] [PACKAGE]", "Build the source distribution of a project, unless it already exists.", _EPILOG
    )
    parser.add_argument(
        "package",
        metavar="PACKAGE",
        nargs="?",
        help="package directory in the current directory; default: the current directory",
    )
    parser.add_argument("--output-dir", metavar="DIR", help="directory for the sdist; default: dist")
    parser.add_argument(
        "--wheel",
        action="store_true",
        help="also build the wheel of a pure Python project from the sdist; other projects need `cibw build`",
    )
    parser.add_argument("--force", action="store_true", help="rebuild the sdist even if the source has not changed")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the output of the build")
    return parser
