"""The parsed command line, and arguments that several commands have."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from enum import Enum
from functools import partial

from cibw.model.identifiers import Platform

# A parsed command line.


class CommandName(Enum):
    """The commands; `build` is the default."""

    BUILD = "build"
    PLAN = "plan"
    CACHE = "cache"
    CONFIG = "config"
    SDIST = "sdist"
    COLLECT = "collect"
    CHECK = "check"
    PUBLISH = "publish"
    VERIFY = "verify"
    RELEASE = "release"
    INIT = "init"


class CacheAction(Enum):
    """The actions of `cibw cache`."""

    INFO = "info"
    PRUNE = "prune"
    CLEAR = "clear"


class ConfigAction(Enum):
    """The actions of `cibw config`."""

    SHOW = "show"
    SCHEMA = "schema"
    MIGRATE = "migrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """A parsed command line; empty strings are arguments that were not given.

    The parser sets fields by name, so an argument is declared only here and in its parser.
    """

    command: CommandName
    package: str = "."
    platform: str = ""
    archs: str = ""
    enable: tuple[str, ...] = ()
    only: str = ""
    engine: str = ""
    output_dir: str = ""
    config_file: str = ""
    allow_empty: bool = False
    keep_going: bool = False
    debug_traceback: bool = False
    print_build_identifiers: bool = False
    clean_cache: bool = False
    as_json: bool = False
    verbose: bool = False
    jobs: int = 0
    offline: bool = False
    rebuild_before_all: bool = False
    resume: bool | None = None
    explain_cache: bool = False
    action: str = CacheAction.INFO.value
    older_than: float | None = None
    images: bool = False
    identifier: str = ""
    explain: bool = False
    write: bool = False
    paths: tuple[str, ...] = ()
    tag: str = ""
    linters: bool = True
    to: str = ""
    simple_url: str = ""
    skip_existing: bool | None = None
    dry_run: bool = False
    allow_http: bool = False
    trusted_publishing: str = "auto"
    force: bool = False
    from_sdist: str | None = None
    require_tag: bool | None = None
    branches: tuple[str, ...] = ()
    never_from_pull_request: bool | None = None
    release: str = ""
    timeout: float = 900.0
    dependencies_from: str = ""
    sdist_first: bool = False
    pure: bool | None = None
    wheel: bool = False
    skip_released: bool = False
    per_identifier: bool = False
    test_index: bool = True
    output: str = ""
    collect: tuple[str, ...] = ()
    is_checked: bool = False
    no_check: bool = False


# Shared parts of the command parsers.

_PLAIN = partial(argparse.RawDescriptionHelpFormatter, width=80)


class Parser(argparse.ArgumentParser):
    """A parser whose help keeps line breaks and fits the terminal.

    argparse creates a formatter for each added argument. Without a width, each of them gets the terminal size from
    shutil, which imports compression libraries.
    """

    def format_help(self) -> str:
        """The help in the width of the terminal."""
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()

    def format_usage(self) -> str:
        """The usage in the width of the terminal."""
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_usage()


def plain_parser(prog: str, usage: str, description: str, epilog: str = "") -> Parser:
    """A parser without arguments. Arguments that are not given keep the defaults of CommandLine."""
    return Parser(
        prog=prog,
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=_PLAIN,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )


def command_parser(name: str, usage: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """The parser of a command such as `cache`; `usage` is the text after its name.

    Arguments that are not given keep the defaults of CommandLine.
    """
    parser = plain_parser(f"cibw {name}", f"%(prog)s {usage}", description, epilog)
    parser.add_argument("--debug-traceback", action="store_true", help="show the traceback of errors")
    return parser


def address(text: str) -> str:
    """Check a URL in an argument; ArgumentTypeError if it contains credentials."""
    if re.match(r"[^/?#]*//[^/?#]*@", text):
        raise argparse.ArgumentTypeError(
            "the address contains credentials, and every user of this computer can read the arguments of programs. "
            "Remove them. For uploads, use TWINE_USERNAME and TWINE_PASSWORD, the keyring or .pypirc. An index to "
            "install from can be set with its credentials in UV_DEFAULT_INDEX"
        )
    return text


def add_package(parser: argparse.ArgumentParser) -> None:
    """Add the arguments --package and --config-file, for commands with other positional arguments."""
    parser.add_argument(
        "--package",
        metavar="PACKAGE",
        help="package directory in the current directory, or an sdist (.tar.gz); default: the current directory",
    )
    add_config_file(parser)


def add_config_file(parser: argparse._ActionsContainer) -> None:
    """Add the argument for the configuration file."""
    parser.add_argument(
        "--config-file",
        metavar="FILE",
        help="TOML configuration file; may contain {package}; default: {package}/pyproject.toml",
    )


def add_platform(parser: argparse._ActionsContainer) -> None:
    """Add the argument for the platform."""
    platforms = ["auto", *(platform.value for platform in Platform)]
    parser.add_argument(
        "--platform",
        metavar="NAME",
        choices=platforms,
        help=f"{', '.join(platforms)}; default: this computer's [CIBW_PLATFORM]",
    )


def add_engine(parser: argparse._ActionsContainer) -> None:
    """Add the argument for the container engine."""
    parser.add_argument(
        "--engine",
        metavar="NAME",
        choices=["auto", "docker", "podman", "host"],
        help="where to build: auto, docker, podman or host [CIBW_CONTAINER_ENGINE]",
    )


def add_jobs(parser: argparse._ActionsContainer) -> None:
    """Add the argument for the number of parallel builds."""
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_positive,
        help="number of parallel builds; default: as many as processors and memory allow [CIBW_JOBS]",
    )


def _positive(text: str) -> int:
    number = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive integer")
    return number
