"""The command line."""

from __future__ import annotations

import argparse

from cibw import __version__
from cibw.cli.command_line import CommandLine, CommandName
from cibw.cli.command_parsers import parser_of
from cibw.cli.parsers import add_config_file, add_engine, add_jobs, add_platform, plain_parser

_COMMANDS_HELP = """\
commands:
  build        build the wheels of a project; a call without a command does the same
  plan         print what a build would do, and do nothing of it; see `cibw plan --help`
  cache        show, prune or clear the store of finished wheels; see `cibw cache --help`
  config       show the options, print their schema, or take over cibuildwheel's; see `cibw config --help`
  sdist        build the source distribution, once; see `cibw sdist --help`
  collect      gather wheels and sdist from the artifacts of other jobs; see `cibw collect --help`
  check        check wheels and sdist before they are published; see `cibw check --help`
  publish      send wheels and sdist to a package index; see `cibw publish --help`
  verify       see that an index serves what was sent, and that it works; see `cibw verify --help`
  release      all of these, from the sdist to the verification; see `cibw release --help`
  init         write the workflow files of a CI; see `cibw init --help`

A directory that is named like a command is given as ./plan.
"""
_VARIABLES_HELP = """\
environment variables:
  Every option of [tool.cibw] has one, such as CIBW_BUILD, CIBW_SKIP and CIBW_TEST_COMMAND.
  Arguments go before variables, and variables before the configuration file.
  CIBW_CACHE_PATH            the directory of the cache
  CIBW_CACHE_PROJECT         a name for the project in the volumes of engines; its path by default
  CIBW_CACHE_SIZE            how large the store of finished wheels may become; 5GB by default
  CIBW_PREPARED_IMAGES       yes or no: keep images with the bytecode of their Pythons
  CIBW_LOG_FOLD_MODE         how output is folded: azure, github, gitlab, travis or disabled
  CIBW_DEBUG_KEEP_CONTAINER  leave containers for a look after the run
  NO_COLOR, FORCE_COLOR      never, or always, use colours
"""
_EXIT_CODES_HELP = """\
exit codes:
  0 success; 1 a command failed; 2 mistakes in the configuration; 3 nothing is selected;
  4 a selector, image or architecture that does not fit; 5, 6, 8 to 10 and 15 a wheel is at fault;
  7, 11 and 12 the container engine or its image; 13, 14 and 16 this computer lacks something;
  17 a file can't be fetched, or is not what was expected;
  130 interrupted. README.md has the whole table.
"""


def parse(arguments: list[str]) -> CommandLine:
    """Read a command line; SystemExit 2 for one that is wrong, 0 after --help and --version."""
    command, rest = _split(arguments)
    parser = parser_of(command) or _parser(command)
    given = vars(parser.parse_args(rest))
    for name, value in given.items():
        if isinstance(value, list):
            given[name] = tuple(value)
    line = CommandLine(command=command, **given)
    if line.identifier and line.platform:
        parser.error("--platform can't stand beside an identifier, which says it already")
    if line.only and (line.platform or line.archs):
        name = "--platform" if line.platform else "--archs"
        parser.error(f"{name} can't stand beside --only: the identifier says it already")
    return line


def _split(arguments: list[str]) -> tuple[CommandName, list[str]]:
    for command in CommandName:
        if arguments and arguments[0] == command.value:
            return command, arguments[1:]
    return CommandName.BUILD, arguments


def _parser(command: CommandName) -> argparse.ArgumentParser:
    is_plan = command is CommandName.PLAN
    parser = plain_parser(
        prog="cibw plan" if is_plan else "cibw",
        usage="%(prog)s [options] [PACKAGE]" if is_plan else "%(prog)s [COMMAND] [options] [PACKAGE]",
        description=(
            "Print the jobs, builds, steps and commands of a build, and why the other identifiers are not built."
            if is_plan
            else f"Build, repair, audit and test the wheels of a Python project.\n\n{_COMMANDS_HELP}"
        ),
        epilog=f"{_VARIABLES_HELP}\n{_EXIT_CODES_HELP}",
    )
    _add_project(parser.add_argument_group("project"), is_plan=is_plan)
    _add_selection(parser.add_argument_group("selection"))
    _add_run(parser.add_argument_group("run"), is_plan=is_plan)
    _add_output(parser.add_argument_group("output"), is_plan=is_plan)
    return parser


def _add_project(group: argparse._ArgumentGroup, *, is_plan: bool) -> None:
    group.add_argument(
        "package",
        metavar="PACKAGE",
        nargs="?",
        help="the package's directory below the current one, or an sdist (.tar.gz); default: the current directory",
    )
    add_config_file(group)
    if is_plan:
        return
    group.add_argument(
        "--from-sdist",
        metavar="FILE",
        nargs="?",
        const="",
        help="build from this sdist, with the configuration of the project; without FILE from the one in dist, which "
        "`cibw sdist` makes where there is none",
    )


def _add_selection(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--only",
        metavar="IDENTIFIER",
        help="build this one identifier, whatever build, skip, archs and enable say",
    )
    add_platform(group)
    group.add_argument(
        "--archs",
        metavar="ARCHS",
        help="comma-separated architectures: names, auto, auto32, auto64, native or all [CIBW_ARCHS]",
    )
    group.add_argument(
        "--enable",
        metavar="GROUP",
        action="append",
        help="add a group of interpreters, such as pypy; may be repeated [CIBW_ENABLE]",
    )
    group.add_argument("--allow-empty", action="store_true", help="succeed when nothing is selected [CIBW_ALLOW_EMPTY]")


def _add_run(group: argparse._ArgumentGroup, *, is_plan: bool) -> None:
    add_engine(group)
    group.add_argument(
        "--output-dir", metavar="DIR", help="where wheels, report and logs go; default: wheelhouse [CIBW_OUTPUT_DIR]"
    )
    if is_plan:
        return
    add_jobs(group)
    group.add_argument(
        "--offline",
        action="store_true",
        help="do without the network; what is missing is listed before anything is built [CIBW_OFFLINE]",
    )
    group.add_argument("--keep-going", action="store_true", help="build the rest after a failure")
    group.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        help="take wheels from the store where nothing has changed since they were built, and tests that passed with "
        "them as passed; default: yes, but not in a CI [CIBW_CACHE]",
    )
    group.add_argument(
        "--explain-cache", action="store_true", help="say why a wheel is not taken from the store: what has changed"
    )
    group.add_argument(
        "--rebuild-before-all",
        action="store_true",
        help="run before-all even where an image of what it leaves is kept, and build again what the store holds",
    )
    group.add_argument("--clean-cache", action="store_true", help="remove cibw's cache directory, and do nothing else")


def _add_output(group: argparse._ArgumentGroup, *, is_plan: bool) -> None:
    if is_plan:
        group.add_argument("--json", dest="as_json", action="store_true", help="print the plan as JSON")
    else:
        group.add_argument(
            "-v", "--verbose", action="store_true", help="show the output of commands on a terminal, too"
        )
        group.add_argument(
            "--print-build-identifiers",
            action="store_true",
            help="print the selected build identifiers, a line each, and do nothing else",
        )
    group.add_argument(
        "--debug-traceback", action="store_true", help="show the traceback of every error [CIBW_DEBUG_TRACEBACK]"
    )
    group.add_argument("--version", action="version", version=f"cibw {__version__}", help="print cibw's version")
