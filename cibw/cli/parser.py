"""Parses the command line; the file of a command is imported when the command is called."""

from __future__ import annotations

from importlib import import_module

from cibw.cli.arguments import Call, CommandLine, Subcommand
from cibw.cli.commands import COMMANDS, DEFAULT


def parse(arguments: list[str]) -> Call:
    """The call of a command; SystemExit 2 for invalid arguments, 0 after --help and --version."""
    is_named = bool(arguments) and arguments[0] in COMMANDS
    name, words = (arguments[0], arguments[1:]) if is_named else (DEFAULT, arguments)
    command = load_command(name)
    return command.call(command.parse(words))


def load_command(name: str) -> Subcommand[CommandLine]:
    """A command by its name in COMMANDS."""
    command: Subcommand[CommandLine] = import_module(f"cibw.cli.commands.{name}").COMMAND
    return command
