"""The commands. Each has a file, which declares it as `COMMAND`, and is imported when the command is called."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT = "build"
COMMANDS: Mapping[str, str] = {
    "build": "build the wheels of a project (the default command)",
    "plan": "print the steps of a build without running them",
    "cache": "show, prune or clear the store of finished wheels",
    "config": "show the options, print their schema, or migrate from cibuildwheel",
    "sdist": "build the source distribution",
    "collect": "gather wheels and sdist from the artifacts of other jobs",
    "check": "check wheels and sdist before publishing",
    "publish": "upload wheels and sdist to a package index",
    "verify": "verify that an index serves the release and that it works",
    "release": "run all of these, from sdist to verify",
    "init": "write the workflow files for a CI service",
}
"""The name of each command, which is also that of its file, and its line in `cibw --help`."""


def commands_help() -> str:
    """The list of commands in `cibw --help`."""
    lines = [f"  {name:<12} {text}{_pointer(name)}" for name, text in COMMANDS.items()]
    return "\n".join(["commands:", *lines, "", "To build a directory named like a command, write it as ./plan.", ""])


def _pointer(name: str) -> str:
    return "" if name == DEFAULT else f"; see `cibw {name} --help`"
