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
class MemoryShortage:
    """Processes were killed because memory ran out; `limit` is how many bytes they had, where a limit was set.

    `kills` is how many the kernel says it has killed; 0 where that is only likely. The limit of a `container` is one
    that the configuration sets.
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
        """What helps."""
        less = "reduce the memory use of the build with --jobs 1, or MAKEFLAGS=-j1 in environment"
        if self.limit and self.container:
            return f"Raise --memory in the create-args of container-engine, or {less}."
        return f"{less[0].upper()}{less[1:]}. A computer with more memory also helps."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended; `stdout` is what it wrote there, decoded as UTF-8 with replacements.

    `shortage` is there where it failed and the machine saw that memory ran out.
    """

    exit_code: int
    stdout: str = ""
    seconds: float = 0.0
    shortage: MemoryShortage | None = None
