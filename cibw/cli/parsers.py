"""What the parsers of commands have in common."""

from __future__ import annotations

import argparse

from cibw.model.target import Platform


def command_parser(name: str, usage: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """The parser of a command such as `cache`; `usage` is what stands behind its name.

    What is not given keeps the default that its field of CommandLine has.
    """
    parser = argparse.ArgumentParser(
        prog=f"cibw {name}",
        usage=f"%(prog)s {usage}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--debug-traceback", action="store_true", help="show the traceback of every error")
    return parser


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
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 1 or more")
    return number
