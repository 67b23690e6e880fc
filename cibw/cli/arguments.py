"""What the commands share: their declaration, the arguments of every command, and parts of their parsers."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from cibw.cli.commands import DEFAULT
from cibw.model.identifiers import Platform

if TYPE_CHECKING:
    from cibw.cli.session import Session

RELEASE_DIR = "dist"
"""The default directory for the files of a release."""

# Parsed arguments.


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """The arguments that choose a project, its options and the form of the output; empty strings were not given.

    A command with more arguments has a subclass. The parser sets fields by name. A command without an argument keeps
    the default.
    """

    package: str = "."
    config_file: str = ""
    platform: str = ""
    archs: str = ""
    enable: tuple[str, ...] = ()
    only: str = ""
    allow_empty: bool = False
    engine: str = ""
    output_dir: str = ""
    jobs: int = 0
    offline: bool = False
    as_json: bool = False
    verbose: bool = False
    debug_traceback: bool = False

    def conflict(self) -> str:
        """Why these arguments cannot be combined; empty if they can."""
        if self.only and (self.platform or self.archs):
            name = "--platform" if self.platform else "--archs"
            return f"{name} cannot be combined with --only: the identifier includes it"
        return ""


LineT = TypeVar("LineT", bound=CommandLine)


# The declaration of a command.


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcommand(Generic[LineT]):
    """A command; `usage` is the text after its name, and `run` returns the exit code."""

    name: str
    usage: str
    description: str
    epilog: str = ""
    arguments: type[LineT]
    add_arguments: Callable[[Parser], None]
    run: Callable[[Session, LineT], int]

    def parse(self, words: list[str]) -> LineT:
        """The arguments after the command's name; SystemExit 2 for invalid arguments, 0 after --help and --version."""
        parser = self._parser()
        given = vars(parser.parse_args(words))
        for name, value in given.items():
            if isinstance(value, list):
                given[name] = tuple(value)
        line = self.arguments(**given)
        conflict = line.conflict()
        if conflict:
            parser.error(conflict)
        return line

    def words(self, line: LineT) -> tuple[str, ...]:
        """The arguments that parse to `line`: first the positional ones, then the options that are not the default."""
        plain: list[str] = []
        named: list[str] = []
        default = self.arguments()
        for action in self._parser()._actions:  # noqa: SLF001 - argparse has no public list of them
            value = getattr(line, action.dest, None)
            if value == getattr(default, action.dest, None):
                continue
            values = [str(one) for one in (value if isinstance(value, tuple) else (value,))]
            if not action.option_strings:
                plain += values
            elif isinstance(value, bool):
                named.append(action.option_strings[0 if value else -1])
            elif action.nargs is not None:
                named += [action.option_strings[0], *values]
            else:
                named += [word for one in values for word in (action.option_strings[0], one)]
        return (*plain, *named)

    def call(self, line: LineT) -> Call:
        """A call of the command."""
        return Call(name=self.name, line=line, work=lambda session: self.run(session, line))

    def _parser(self) -> Parser:
        parser = Parser(
            prog="cibw" if self.name == DEFAULT else f"cibw {self.name}",
            usage=f"%(prog)s {self.usage}",
            description=self.description,
            epilog=self.epilog,
            formatter_class=_PLAIN,
            # Arguments that are not given keep the defaults of their fields.
            argument_default=argparse.SUPPRESS,
            allow_abbrev=False,
        )
        self.add_arguments(parser)
        return parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command with its arguments."""

    name: str
    line: CommandLine
    work: Callable[[Session], int]

    def run(self, session: Session) -> int:
        """Run the command in the context of a session, and return the exit code."""
        return self.work(replace(session, line=self.line))


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


def add_debug_traceback(parser: argparse._ActionsContainer) -> None:
    """Add the argument for tracebacks."""
    parser.add_argument("--debug-traceback", action="store_true", help="show the traceback of errors")


def address(text: str) -> str:
    """Check a URL in an argument; ArgumentTypeError if it contains credentials."""
    if re.match(r"[^/?#]*//[^/?#]*@", text):
        raise argparse.ArgumentTypeError(
            "the address contains credentials, and every user of this computer can read the arguments of programs. "
            "Remove them. For uploads, use TWINE_USERNAME and TWINE_PASSWORD, the keyring or .pypirc. An index to "
            "install from can be set with its credentials in UV_DEFAULT_INDEX"
        )
    return text


def add_package_directory(parser: argparse.ArgumentParser) -> None:
    """Add the positional argument for the package directory, and --config-file."""
    parser.add_argument(
        "package",
        metavar="PACKAGE",
        nargs="?",
        help="package directory in the current directory; default: the current directory",
    )
    add_config_file(parser)


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
