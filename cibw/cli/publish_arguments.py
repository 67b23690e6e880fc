"""The command line of `cibw publish`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_package, address, command_parser
from cibw.model.credentials import TrustedPublishing

_EPILOG = """\
environment variables:
  CIBW_PUBLISH_TOKEN               an API token of the index
  TWINE_USERNAME, TWINE_PASSWORD   a login, for indexes without tokens; UV_PUBLISH_TOKEN and similar names work, too
  Without them, .pypirc and the keyring are used. With trusted publishing in a CI, none of them is needed.

exit codes:
  0 all files are on the index; 18 the index has different files with the same names, nothing was uploaded;
  19 no file was accepted; 20 some files were accepted: the same command uploads the rest; 21 missing or invalid
  credentials; 24 publishing is not allowed here; 25 the index already has all files of a tagged release.
"""


def publish_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "publish",
        "[options] [DIR | FILE...]",
        "Upload the wheels, then the sdist, to a package index. Files that the index already has are skipped. If the\n"
        "index has a different file with the same name, nothing is uploaded.",
        _EPILOG,
    )
    add_paths(parser)
    add_package(parser)
    index = parser.add_argument_group("index")
    add_upload(index)
    index.add_argument(
        "--skip-released",
        action="store_true",
        help="upload nothing, and succeed, if the index has other files of this version; for pushes to a test index",
    )
    add_gates(parser.add_argument_group("gates"))
    parser.add_argument("--no-check", action="store_true", help="upload without running the checks of `cibw check`")
    _add_output(parser.add_argument_group("output"))
    return parser


def add_paths(parser: argparse.ArgumentParser) -> None:
    """Add the argument for distributions."""
    parser.add_argument(
        "paths",
        metavar="DIR | FILE",
        nargs="*",
        help="directory of wheels and sdist, or single files; default: dist, else wheelhouse",
    )


def add_index(group: argparse._ActionsContainer) -> None:
    """Add the arguments for the index and its API."""
    group.add_argument(
        "--to",
        metavar="INDEX",
        type=address,
        help="pypi, testpypi, an upload address, or a section of .pypirc; default: the option "
        "publish-to, else pypi [CIBW_PUBLISH_TO]",
    )
    group.add_argument(
        "--simple-url",
        metavar="ADDRESS",
        type=address,
        help="root of the index's simple API, which lists existing files; default: derived from --to",
    )
    group.add_argument("--allow-http", action="store_true", help="send credentials unencrypted, for private networks")


def add_upload(group: argparse._ActionsContainer) -> None:
    """Add the arguments for the index and the upload."""
    add_index(group)
    group.add_argument(
        "--skip-existing",
        action=argparse.BooleanOptionalAction,
        help="succeed if the index already has all files of a tagged release, or files of the same name that "
        "cannot be compared [CIBW_SKIP_EXISTING]",
    )
    group.add_argument(
        "--trusted-publishing",
        metavar="WHEN",
        choices=[policy.value for policy in TrustedPublishing],
        help="exchange the CI run's identity for a token of the index: auto (if possible), always, never",
    )


def add_gates(group: argparse._ActionsContainer) -> None:
    """Add the arguments that restrict publishing."""
    group.add_argument(
        "--require-tag",
        action=argparse.BooleanOptionalAction,
        help="publish only if the commit has the tag of the version [CIBW_REQUIRE_TAG]",
    )
    group.add_argument(
        "--branch",
        dest="branches",
        metavar="PATTERN",
        action="append",
        help="publish only from this branch, or from the tag of the version; may be repeated [CIBW_PUBLISH_BRANCHES]",
    )
    group.add_argument(
        "--never-from-pull-request",
        action=argparse.BooleanOptionalAction,
        help="do not publish in a pull request's run; the default [CIBW_NEVER_FROM_PULL_REQUEST]",
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dry-run", action="store_true", help="print what would be uploaded, and what would stop it; upload nothing"
    )
    group.add_argument(
        "--json",
        dest="as_json",
        action="store_true",
        help="print the plan or the result as JSON; other output goes to stderr",
    )
