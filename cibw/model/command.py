"""Commands as the plan holds them, requests as a machine gets them, and their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cibw.model.cmd_text import cmd_text
from cibw.model.shell import Shell
from cibw.model.template import Late, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program with its arguments, or one text for the shell where `shell` is true.

    `path_entry` is a directory that comes first on PATH for this command alone. `dialect` is the shell of
    the machine.
    """

    argv: tuple[Template, ...]
    cwd: Template
    shell: bool = False
    path_entry: Template | None = None
    dialect: Shell = Shell.SH

    def __str__(self) -> str:
        if self.shell:
            return str(self.argv[0])
        return self.dialect.join(str(argument) for argument in self.argv)

    def request(self, bindings: Mapping[Late, str], environment: Mapping[str, str]) -> Request:
        """Fill in what the run knows; KeyError names a late value that is not bound."""
        is_cmd = self.shell and self.dialect is Shell.CMD
        argv = tuple(cmd_text(one, bindings) if is_cmd else one.render(bindings) for one in self.argv)
        if self.path_entry is not None:
            path = f"{self.path_entry.render(bindings)}{self.dialect.path_separator}{environment.get('PATH', '')}"
            environment = {**environment, "PATH": path}
        return Request(
            argv=self.dialect.argv(argv[0]) if self.shell else argv,
            cwd=self.cwd.render(bindings),
            environment=environment,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command, ready to run: the whole environment, no standard input."""

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended; `stdout` is what it wrote there, decoded as UTF-8 with replacements."""

    exit_code: int
    stdout: str = ""
    seconds: float = 0.0
