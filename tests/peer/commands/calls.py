"""What is asked of both programs, and the commands that they answer with."""

from __future__ import annotations

import re
from typing import TypedDict


class Call(TypedDict):
    """A configuration and a computer that is made up.

    `directory` holds the project, `package` is the package in it. `machine` is the processor as
    `platform.machine()` names it. `variables` are CIBW_ variables, `base` is what commands find in their
    environment from the start. With `abi3` the wheels carry the stable ABI.
    """

    name: str
    directory: str
    package: str
    platform: str
    machine: str
    variables: dict[str, str]
    base: dict[str, str]
    abi3: bool


class Record(TypedDict):
    """One command, or what stands for one, as `argv` of one of the words below.

    `scope` is the build identifier and empty before the first build; `phase` is the program's own word for
    where it stands. `cwd` and `environment` are as the command finds them.
    """

    scope: str
    phase: str
    argv: list[str]
    cwd: str
    environment: dict[str, str]


class Answer(TypedDict):
    """The commands of a run in order, and the error that ends it; empty where none does.

    `defaults` are the identifiers whose build frontend is the program's own choice.
    """

    records: list[Record]
    error: str
    defaults: list[str]


SHELL = ":shell"
"""A text for a shell follows."""
FETCH = ":fetch"
"""What is fetched from the network follows."""
MACHINE = ":machine"
"""The image of a container, its platform, and the arguments of its creation follow."""
CREATED = ":created"
"""Among the arguments of MACHINE: they follow in cibw's own form."""
SOURCES = ":sources"
"""The test sources that are copied follow."""
COLLECT = ":collect"
"""The name of the wheel that is the result follows."""


def wheel_name(identifier: str, *, abi3: bool) -> str:
    """The name of the wheel that the frontend is made to give for an identifier."""
    abi, _, target = identifier.partition("-")
    python = abi.partition("_")[0].rstrip("t")
    is_stable = abi3 and python.startswith("cp") and not abi.endswith("t")
    return f"x-1-{python}-{'abi3' if is_stable else abi}-{target}.whl"


def printed(text: str) -> str:
    """What a command prints that gives a value to `environment`: echo's words."""
    words = re.sub(r"\$\(echo (.*)\)", r"\1", text).split()
    return " ".join(words[1:]) if words[:1] == ["echo"] else "told"
