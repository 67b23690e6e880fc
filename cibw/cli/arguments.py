"""Parse the command line."""

from __future__ import annotations

import argparse

from cibw import __version__
from cibw.cli.command_line import CommandLine, CommandName
from cibw.cli.command_parsers import parser_of
from cibw.cli.parsers import add_config_file, add_engine, add_jobs, add_platform, plain_parser

_COMMANDS_HELP = """\
commands:
  build        build the wheels of a project (the default command)
  plan         print the steps of a build without running them; see `cibw plan --help`
  cache        show, prune or clear the store of finished wheels; see `cibw cache --help`
  config       show the options, print their schema, or migrate from cibuildwheel; see `cibw config --help`
  sdist        build the source distribution; see `cibw sdist --help`
  collect      gather wheels and sdist from the artifacts of other jobs; see `cibw collect --help`
  check        check wheels and sdist before publishing; see `cibw check --help`
  publish      upload wheels and sdist to a package index; see `cibw publish --help`
  verify       verify that an index serves the release and that it works; see `cibw verify --help`
  release      run all of these, from sdist to verify; see `cibw release --help`
  init         write the workflow files for a CI service; see `cibw init --help`

To build a directory named like a command, write it as ./plan.
"""
_VARIABLES_HELP = """\
environment variables:
  Every option of [tool.cibw] has a variable, such as CIBW_BUILD, CIBW_SKIP and CIBW_TEST_COMMAND.
  Arguments override variables, and variables override the configuration file.
  CIBW_CACHE_PATH            cache directory
  CIBW_CACHE_PROJECT         name of the project in the volumes of container engines; default: its path
  CIBW_CACHE_SIZE            maximum size of the store of finished wheels; default: 5GB
  CIBW_PREPARED_IMAGES       yes or no: keep images with the bytecode of their Pythons
  CIBW_LOG_FOLD_MODE         log folding: azure, github, gitlab, travis or disabled
  CIBW_DEBUG_KEEP_CONTAINER  keep containers after the run for debugging
  NO_COLOR, FORCE_COLOR      never or always use colours
"""
_EXIT_CODES_HELP = """\
exit codes:
  0 success; 1 a command failed; 2 invalid configuration; 3 no build is selected;
  4 invalid selector, image or architecture; 5, 6, 8 to 10 and 15 a wheel is invalid;
  7, 11 and 12 the container engine or its image failed; 13, 14 and 16 a requirement of this computer is missing;
  17 a download failed or has the wrong hash;
  130 interrupted. README.md lists all exit codes.
"""


def parse(arguments: list[str]) -> CommandLine:
    """Parse a command line; SystemExit 2 for invalid arguments, 0 after --help and --version."""
    command, rest = _split(arguments)
    parser = parser_of(command) or _parser(command)
    given = vars(parser.parse_args(rest))
    for name, value in given.items():
        if isinstance(value, list):
            given[name] = tuple(value)
    line = CommandLine(command=command, **given)
    if line.identifier and line.platform:
        parser.error("--platform cannot be combined with an identifier, which includes the platform")
    if line.only and (line.platform or line.archs):
        name = "--platform" if line.platform else "--archs"
        parser.error(f"{name} cannot be combined with --only: the identifier includes it")
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
            "Print the jobs, builds, steps and commands of a build, and why other identifiers are not built."
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
        help="package directory in the current directory, or an sdist (.tar.gz); default: the current directory",
    )
    add_config_file(group)
    if is_plan:
        return
    group.add_argument(
        "--from-sdist",
        metavar="FILE",
        nargs="?",
        const="",
        help="build from this sdist, with the configuration of the project; without FILE, use the sdist in dist or "
        "build it with `cibw sdist`",
    )


def _add_selection(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--only",
        metavar="IDENTIFIER",
        help="build only this identifier, regardless of build, skip, archs and enable",
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
        "--output-dir",
        metavar="DIR",
        help="directory for wheels, report and logs; default: wheelhouse [CIBW_OUTPUT_DIR]",
    )
    if is_plan:
        return
    add_jobs(group)
    group.add_argument(
        "--offline",
        action="store_true",
        help="do not use the network; missing files are listed before the build starts [CIBW_OFFLINE]",
    )
    group.add_argument("--keep-going", action="store_true", help="continue with the other builds after a failure")
    group.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        help="reuse wheels and passed tests from the store if nothing has changed since; default: yes, except in a CI "
        "[CIBW_CACHE]",
    )
    group.add_argument("--explain-cache", action="store_true", help="explain why a wheel is not reused from the store")
    group.add_argument(
        "--rebuild-before-all",
        action="store_true",
        help="run before-all even if an image of its result is kept, and rebuild wheels even if the store has them",
    )
    group.add_argument("--clean-cache", action="store_true", help="remove cibw's cache directory and exit")


def _add_output(group: argparse._ArgumentGroup, *, is_plan: bool) -> None:
    if is_plan:
        group.add_argument("--json", dest="as_json", action="store_true", help="print the plan as JSON")
    else:
        group.add_argument(
            "-v", "--verbose", action="store_true", help="show the output of commands on a terminal as well"
        )
        group.add_argument(
            "--print-build-identifiers",
            action="store_true",
            help="print the selected build identifiers, one per line, and exit",
        )
    group.add_argument(
        "--debug-traceback", action="store_true", help="show the traceback of errors [CIBW_DEBUG_TRACEBACK]"
    )
    group.add_argument("--version", action="version", version=f"cibw {__version__}", help="print cibw's version")
