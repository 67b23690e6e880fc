"""Parses the command line and runs the command, whose module is imported only then."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cibw import __version__
from cibw.cli.arguments import (
    CommandLine,
    CommandName,
    add_config_file,
    add_engine,
    add_jobs,
    add_platform,
    plain_parser,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from cibw.cli.session import Session


# The parser of each command, imported on demand.


def parser_of(command: CommandName) -> ArgumentParser | None:
    """The parser of a command; None for `build` and `plan`, which share one."""
    make = _PARSERS.get(command)
    return make() if make else None


def _cache_parser() -> ArgumentParser:
    from cibw.cli.commands.cache import cache_parser

    return cache_parser()


def _config_parser() -> ArgumentParser:
    from cibw.cli.commands.config import config_parser

    return config_parser()


def _sdist_parser() -> ArgumentParser:
    from cibw.cli.commands.sdist import sdist_parser

    return sdist_parser()


def _collect_parser() -> ArgumentParser:
    from cibw.cli.commands.collect import collect_parser

    return collect_parser()


def _check_parser() -> ArgumentParser:
    from cibw.cli.commands.check import check_parser

    return check_parser()


def _publish_parser() -> ArgumentParser:
    from cibw.cli.index import publish_parser

    return publish_parser()


def _verify_parser() -> ArgumentParser:
    from cibw.cli.commands.verify import verify_parser

    return verify_parser()


def _release_parser() -> ArgumentParser:
    from cibw.cli.commands.release import release_parser

    return release_parser()


def _init_parser() -> ArgumentParser:
    from cibw.cli.commands.init import init_parser

    return init_parser()


_PARSERS: Mapping[CommandName, Callable[[], ArgumentParser]] = {
    CommandName.CACHE: _cache_parser,
    CommandName.CONFIG: _config_parser,
    CommandName.SDIST: _sdist_parser,
    CommandName.COLLECT: _collect_parser,
    CommandName.CHECK: _check_parser,
    CommandName.PUBLISH: _publish_parser,
    CommandName.VERIFY: _verify_parser,
    CommandName.RELEASE: _release_parser,
    CommandName.INIT: _init_parser,
}


# Parse the command line.

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


# The function of each command, imported on demand.


def carry_out(session: Session) -> int:
    """Run the command of the command line and return the exit code."""
    if session.line.clean_cache:
        from cibw.cli.commands.cache import clean_cache

        return clean_cache(session)
    if session.line.print_build_identifiers:
        from cibw.cli.facts import print_identifiers

        return print_identifiers(session)
    return _COMMANDS[session.line.command](session)


def _run_build(session: Session) -> int:
    from cibw.cli.commands.build import build

    return build(session)


def _run_plan(session: Session) -> int:
    from cibw.cli.commands.plan import print_plan

    return print_plan(session)


def _run_cache(session: Session) -> int:
    from cibw.cli.commands.cache import cache

    return cache(session)


def _run_config(session: Session) -> int:
    from cibw.cli.commands.config import config

    return config(session)


def _run_sdist(session: Session) -> int:
    from cibw.cli.commands.sdist import sdist

    return sdist(session)


def _run_collect(session: Session) -> int:
    from cibw.cli.commands.collect import collect

    return collect(session)


def _run_check(session: Session) -> int:
    from cibw.cli.commands.check import check

    return check(session)


def _run_publish(session: Session) -> int:
    from cibw.cli.commands.publish import publish

    return publish(session)


def _run_verify(session: Session) -> int:
    from cibw.cli.commands.verify import verify

    return verify(session)


def _run_init(session: Session) -> int:
    from cibw.cli.commands.init import init

    return init(session)


def _run_release(session: Session) -> int:
    from cibw.cli.commands.release import release

    return release(session)


_COMMANDS: Mapping[CommandName, Callable[[Session], int]] = {
    CommandName.BUILD: _run_build,
    CommandName.PLAN: _run_plan,
    CommandName.CACHE: _run_cache,
    CommandName.CONFIG: _run_config,
    CommandName.SDIST: _run_sdist,
    CommandName.COLLECT: _run_collect,
    CommandName.CHECK: _run_check,
    CommandName.PUBLISH: _run_publish,
    CommandName.VERIFY: _run_verify,
    CommandName.RELEASE: _run_release,
    CommandName.INIT: _run_init,
}
