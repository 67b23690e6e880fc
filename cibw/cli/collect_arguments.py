"""The command line of `cibw collect`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import command_parser

_EPILOG = """\
Directories are searched recursively. Identical files are copied once. If two files have the same name and different
contents, the command fails and nothing is copied. Files in the output directory are never replaced or removed.

exit codes:
  0 the output directory has all files; 2 there is nothing to collect; 18 the files conflict.
"""


def collect_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "collect",
        "[options] [DIR...]",
        "Gather wheels, sdists, attestations and manifests from several directories in one directory.",
        _EPILOG,
    )
    parser.add_argument(
        "paths",
        metavar="DIR",
        nargs="*",
        help="directory of artifacts; default: cibw-* and wheelhouse in the current directory",
    )
    parser.add_argument("--output-dir", metavar="DIR", help="directory for the collected files; default: dist")
    return parser
