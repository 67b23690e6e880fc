"""Tests that run inside an app on a simulator or emulator, without a shell and without the project."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from cibw.config.toml import BadValueError
from cibw.errors import Mistake
from cibw.model.templates import Placeholder, Template
from cibw.planning.actions import BuildInputs, RefusedBuild, leads_out

_PYTHONS = ("python", "python3")
_BARE = "pytest"
_COLLECTORS = ("pytest", "unittest")
_TOKEN = re.compile(
    r"""(?P<word>(?:[^\s'"\\&|;<>()]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+)|(?P<operator>&&|\S)|\s+""", re.DOTALL
)


class RunFlag(Enum):
    """The Python flag that selects what to run."""

    MODULE = "-m"
    CODE = "-c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call of the Python inside the app: `name` is a module or code, depending on `entry`."""

    entry: RunFlag
    name: str
    arguments: tuple[str, ...] = ()

    @property
    def needs_sources(self) -> bool:
        """Whether it searches for tests in the working directory."""
        return self.entry is RunFlag.MODULE and self.name in _COLLECTORS and "--pyargs" not in self.arguments


def app_tests(given: BuildInputs, *, allows_code: bool) -> tuple[Invocation, ...] | RefusedBuild:
    """The calls of a build's tests, in order; empty if there are no tests or `test-skip` matches the build.

    Refused if the command cannot run inside an app, or would find no tests there. `allows_code` allows `python -c`.
    """
    command = given.resolved.test_command
    if not command or given.options.test_skip.matches(str(given.identifier)):
        return ()
    try:
        found = parse_invocations(command, allows_code=allows_code)
    except BadValueError as error:
        return RefusedBuild((_mistake(given, "test-command", str(error), error.hint),))
    outside = next(filter(leads_out, given.resolved.test_sources), None)
    if outside is not None:
        hint = "list only files and directories inside the project; an app has no other directories"
        return RefusedBuild((_mistake(given, "test-sources", f"{outside!r} is outside the project", hint),))
    if given.resolved.test_sources or not any(one.needs_sources for one in found):
        return found
    message = f"no tests would be found on {given.identifier.platform.value} because test-sources is not set"
    hint = 'list the test files and directories, as in test-sources = ["tests"]; they are copied into the app'
    return RefusedBuild((_mistake(given, "test-command", message, hint),))


def parse_invocations(command: Template, *, allows_code: bool) -> tuple[Invocation, ...]:
    """Parse `python -m MODULE ...` commands joined by `&&`; plain `pytest` means the module.

    BadValueError for anything that requires a shell, the project or another program.
    """
    _refuse_paths(command)
    return tuple(_invocation(words, allows_code) for words in _commands(str(command)))


def _mistake(given: BuildInputs, option: str, message: str, hint: str) -> Mistake:
    return Mistake(place=given.options.origin(option, given.identifier), message=message, hint=hint)


def _refuse_paths(command: Template) -> None:
    placeholder = next((part for part in command.parts if isinstance(part, Placeholder)), None)
    if placeholder is not None:
        # If the package is in the project directory, both placeholders are the same.
        names = "{project} or {package}" if placeholder is Placeholder.PROJECT else f"{{{placeholder.value}}}"
        raise BadValueError(
            f"the command uses {names}, which does not exist on the device that runs the tests",
            "list the required files in test-sources, and use their paths inside the project, "
            "as in `python -m pytest tests`",
        )


def _commands(text: str) -> Iterator[list[str]]:
    words: list[str] = []
    for match in _TOKEN.finditer(text):
        operator = match["operator"]
        if operator not in (None, "&&"):
            raise BadValueError(*_unreadable(operator, text))
        if operator:
            yield words
            words = []
        words.extend(shlex.split(match["word"] or ""))
    yield words


def _unreadable(operator: str, text: str) -> tuple[str, str]:
    if operator in "'\"\\":
        return f"`{text}` has an unclosed quote", "quote each argument as in a shell"
    hint = "quote it if it is part of an argument; commands can be joined only with &&"
    return f"`{text}` contains `{operator}`, but the tests run without a shell", hint


def _invocation(words: list[str], allows_code: bool) -> Invocation:
    entries = (RunFlag.MODULE, RunFlag.CODE) if allows_code else (RunFlag.MODULE,)
    match words:
        case [name, *arguments] if name == _BARE:
            return Invocation(entry=RunFlag.MODULE, name=_BARE, arguments=tuple(arguments))
        case [python, flag, name, *arguments] if python in _PYTHONS and flag in [one.value for one in entries]:
            return Invocation(entry=RunFlag(flag), name=name, arguments=tuple(arguments))
        case []:
            raise BadValueError("missing command before or after &&", "write a command on both sides")
        case _:
            forms = " or ".join(f"`python {one.value}`" for one in entries)
            hint = "as in `python -m pytest tests`; programs of an environment are not available"
            raise BadValueError(f"`{shlex.join(words)}` must begin with {forms}", hint)
