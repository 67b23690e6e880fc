"""The command line of `cibw sdist`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import command_parser

_EPILOG = """\
The sdist of a source is built once: two of them never have the same bytes, and an index takes a name once. What says
that it is there already is dist.json beside it. `cibw build --from-sdist` builds wheels from it.

exit codes:
  0 the sdist is there; 1 the build backend failed; 16 pip install 'cibw[publish]' is wanted;
  18 the source is not complete, or the sdist is not one that an index takes.
"""


def sdist_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "sdist", "[options] [PACKAGE]", "Build the source distribution of a project, unless it is there.", _EPILOG
    )
    parser.add_argument(
        "package",
        metavar="PACKAGE",
        nargs="?",
        help="the package's directory below the current one; default: the current directory",
    )
    parser.add_argument("--output-dir", metavar="DIR", help="where the sdist goes; default: dist")
    parser.add_argument(
        "--wheel",
        action="store_true",
        help="build the wheel of a pure Python project from the sdist as well; other projects need `cibw build`",
    )
    parser.add_argument("--force", action="store_true", help="build it anew, even if the source has not changed")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the output of the build, too")
    return parser
