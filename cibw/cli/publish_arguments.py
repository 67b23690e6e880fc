"""The command line of `cibw publish`."""

from __future__ import annotations

import argparse

from cibw.cli.parsers import add_package, address, command_parser
from cibw.model.credentials import TrustedPublishing

_EPILOG = """\
environment variables:
  CIBW_PUBLISH_TOKEN               an API token of the index
  TWINE_USERNAME, TWINE_PASSWORD   a login, for indexes that have no tokens; UV_PUBLISH_TOKEN and the like will do, too
  Without them .pypirc and the keyring are asked. In a CI whose identity the index takes, none of them is needed.

exit codes:
  0 all files are on the index; 18 the index has other files under the same names, nothing was sent;
  19 the index took nothing; 20 it took some files: the same command sends the rest; 21 the login is missing or
  wrong; 24 a release must not happen here; 25 the index has all files of a tagged release already.
"""


def publish_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "publish",
        "[options] [DIR | FILE...]",
        "Send wheels, then the sdist, to a package index. What the index has already is skipped; where it has other\n"
        "bytes under the same name, nothing is sent.",
        _EPILOG,
    )
    add_paths(parser)
    add_package(parser)
    index = parser.add_argument_group("index")
    add_upload(index)
    index.add_argument(
        "--skip-released",
        action="store_true",
        help="send nothing, and succeed, when the index has other files of this version; for pushes to a test index",
    )
    add_gates(parser.add_argument_group("gates"))
    parser.add_argument("--no-check", action="store_true", help="send files that nobody has checked; see `cibw check`")
    _add_output(parser.add_argument_group("output"))
    return parser


def add_paths(parser: argparse.ArgumentParser) -> None:
    """The argument that names distributions."""
    parser.add_argument(
        "paths",
        metavar="DIR | FILE",
        nargs="*",
        help="a directory of wheels and sdist, or single files; default: dist, else wheelhouse",
    )


def add_index(group: argparse._ActionsContainer) -> None:
    """The arguments that say which index it is, and how to reach it."""
    group.add_argument(
        "--to",
        metavar="INDEX",
        type=address,
        help="pypi, testpypi, the address that files are sent to, or a name of .pypirc; default: the option "
        "publish-to, else pypi [CIBW_PUBLISH_TO]",
    )
    group.add_argument(
        "--simple-url",
        metavar="ADDRESS",
        type=address,
        help="the root of the index's simple API, which says what is there already; default: what belongs to --to",
    )
    group.add_argument("--allow-http", action="store_true", help="send the login unencrypted, on a network of your own")


def add_upload(group: argparse._ActionsContainer) -> None:
    """The arguments that say which index it is, and how files get there."""
    add_index(group)
    group.add_argument(
        "--skip-existing",
        action=argparse.BooleanOptionalAction,
        help="succeed when the index already has all files of a tagged release, or files of the same name that "
        "can't be compared [CIBW_SKIP_EXISTING]",
    )
    group.add_argument(
        "--trusted-publishing",
        metavar="WHEN",
        choices=[policy.value for policy in TrustedPublishing],
        help="exchange the identity of the CI's run for a token of the index: auto (where that can be), always, never",
    )


def add_gates(group: argparse._ActionsContainer) -> None:
    """The arguments that say when nothing may be published."""
    group.add_argument(
        "--require-tag",
        action=argparse.BooleanOptionalAction,
        help="publish only where the commit has the tag of the version [CIBW_REQUIRE_TAG]",
    )
    group.add_argument(
        "--branch",
        dest="branches",
        metavar="PATTERN",
        action="append",
        help="publish only from such a branch, or from the tag of the version; may be repeated [CIBW_PUBLISH_BRANCHES]",
    )
    group.add_argument(
        "--never-from-pull-request",
        action=argparse.BooleanOptionalAction,
        help="do not publish in a run for a pull request; the default [CIBW_NEVER_FROM_PULL_REQUEST]",
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dry-run", action="store_true", help="print what would be sent, and what would stop it; send nothing"
    )
    group.add_argument(
        "--json", dest="as_json", action="store_true", help="print the plan or the result as JSON; the rest to stderr"
    )
