"""The `build` command, which is the default: its arguments. `cibw/cli/run.py` runs a build."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cibw import __version__
from cibw.cli.arguments import (
    CommandLine,
    Parser,
    Subcommand,
    add_config_file,
    add_engine,
    add_jobs,
    add_platform,
)
from cibw.cli.commands import commands_help

if TYPE_CHECKING:
    from cibw.cli.session import Session

# The command line of `cibw build` and `cibw plan`.


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildArguments(CommandLine):
    """The arguments of `cibw build`."""

    from_sdist: str | None = None
    keep_going: bool = False
    resume: bool | None = None
    explain_cache: bool = False
    rebuild_before_all: bool = False
    clean_cache: bool = False
    print_build_identifiers: bool = False


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
EPILOG = f"{_VARIABLES_HELP}\n{_EXIT_CODES_HELP}"


def add_arguments(parser: Parser, *, is_plan: bool = False) -> None:
    """Add the arguments of a build, or those that also apply to its plan."""
    _add_project(parser.add_argument_group("project"), is_plan=is_plan)
    _add_selection(parser.add_argument_group("selection"))
    _add_run(parser.add_argument_group("run"), is_plan=is_plan)
    _add_output(parser.add_argument_group("output"), is_plan=is_plan)


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


# The `build` command.


def run(session: Session, arguments: BuildArguments) -> int:
    """Build wheels, or print their identifiers, or remove the cache directory."""
    # Imported here, because other commands, --help and --version do not need a build.
    if arguments.clean_cache:
        from cibw.cli.commands.cache import clean_cache

        return clean_cache(session)
    if arguments.print_build_identifiers:
        from cibw.cli.facts import print_identifiers

        return print_identifiers(session)
    from cibw.cli.run import build

    return build(session, arguments)


COMMAND = Subcommand(
    name="build",
    usage="[COMMAND] [options] [PACKAGE]",
    description=f"Build, repair, audit and test the wheels of a Python project.\n\n{commands_help()}",
    epilog=EPILOG,
    arguments=BuildArguments,
    add_arguments=add_arguments,
    run=run,
)
