"""Commands in a plan, requests to a machine, and their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cibw.model.cmd_text import cmd_text
from cibw.model.shell import Shell
from cibw.model.template import Late, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program with its arguments, or a single text for the shell if `shell` is true.

    `path_entry` is a directory that is first on PATH for this command only. `dialect` is the machine's shell.
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
        """Render the command; KeyError for a late value that is not bound."""
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
    """One command, ready to run: with its full environment, without standard input."""

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryShortage:
    """Processes were killed because memory ran out; `limit` is the memory limit in bytes, if one was set.

    `kills` is the number of processes that the kernel reports as killed; 0 if this is only likely. With `container`,
    the limit comes from the configuration.
    """

    kills: int = 0
    limit: int | None = None
    container: bool = False

    def __str__(self) -> str:
        limit = f" (the limit is {self.limit / (1 << 20):.0f} MiB)" if self.limit else ""
        if not self.kills:
            return f"probably out of memory{limit}: a process was killed by signal 9"
        processes = "1 process" if self.kills == 1 else f"{self.kills} processes"
        return f"out of memory{limit}: the kernel killed {processes}"

    @property
    def hint(self) -> str:
        """A suggestion for the user."""
        less = "reduce the memory use of the build with --jobs 1, or MAKEFLAGS=-j1 in environment"
        if self.limit and self.container:
            return f"Raise --memory in the create-args of container-engine, or {less}."
        return f"{less[0].upper()}{less[1:]}. A computer with more memory also helps."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a command; `stdout` is its output, decoded as UTF-8 with replacements.

    `shortage` is set if the command failed and the machine detected that memory ran out.
    """

    exit_code: int
    stdout: str = ""
    seconds: float = 0.0
    shortage: MemoryShortage | None = None
