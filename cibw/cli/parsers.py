"""What the parsers of commands have in common."""

from __future__ import annotations

import argparse
import re
from functools import partial

from cibw.model.target import Platform

_PLAIN = partial(argparse.RawDescriptionHelpFormatter, width=80)


class Parser(argparse.ArgumentParser):
    """A parser whose help keeps line breaks and fits the terminal.

    argparse makes a formatter for each argument that is added. Without a width, each of them asks shutil for the size
    of the terminal, and shutil loads libraries for compression.
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
    """A parser without arguments. What is not given keeps the default that its field of CommandLine has."""
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
    """The parser of a command such as `cache`; `usage` is what stands behind its name.

    What is not given keeps the default that its field of CommandLine has.
    """
    parser = plain_parser(f"cibw {name}", f"%(prog)s {usage}", description, epilog)
    parser.add_argument("--debug-traceback", action="store_true", help="show the traceback of every error")
    return parser


def address(text: str) -> str:
    """An address that is given as an argument; ArgumentTypeError where it holds a login."""
    if re.match(r"[^/?#]*//[^/?#]*@", text):
        raise argparse.ArgumentTypeError(
            "the address holds a login, and every user of this computer can read the arguments of programs. Remove it: "
            "the login for uploads comes from TWINE_USERNAME and TWINE_PASSWORD, the keyring or .pypirc, and an index "
            "to install from may be set with its login in UV_DEFAULT_INDEX"
        )
    return text


def add_package(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which project it is, where another word stands alone already."""
    parser.add_argument(
        "--package",
        metavar="PACKAGE",
        help="the package's directory below the current one, or an sdist (.tar.gz); default: the current directory",
    )
    add_config_file(parser)


def add_config_file(parser: argparse._ActionsContainer) -> None:
    """The argument that names the configuration file."""
    parser.add_argument(
        "--config-file",
        metavar="FILE",
        help="the TOML file with the configuration; {package} may stand in it; default: {package}/pyproject.toml",
    )


def add_platform(parser: argparse._ActionsContainer) -> None:
    """The argument that names a platform."""
    platforms = ["auto", *(platform.value for platform in Platform)]
    parser.add_argument(
        "--platform",
        metavar="NAME",
        choices=platforms,
        help=f"{', '.join(platforms)}; default: this computer's [CIBW_PLATFORM]",
    )


def add_engine(parser: argparse._ActionsContainer) -> None:
    """The argument that says where it is built."""
    parser.add_argument(
        "--engine",
        metavar="NAME",
        choices=["auto", "docker", "podman", "host"],
        help="where to build: auto, docker, podman or host [CIBW_CONTAINER_ENGINE]",
    )


def add_jobs(parser: argparse._ActionsContainer) -> None:
    """The argument that says how many builds run side by side."""
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_positive,
        help="how many builds run side by side; default: as many as processors and memory allow [CIBW_JOBS]",
    )


def _positive(text: str) -> int:
    number = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return number
