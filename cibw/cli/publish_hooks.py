"""The hooks of a release: project commands before the first and after the last upload."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cibw.cli.secrets import without_credentials
from cibw.errors import CommandFailedError, ErrorContext
from cibw.model.command import Request
from cibw.model.shell import Shell
from cibw.model.template import Late, Template
from cibw.running.host import HostMachine
from cibw.running.machine import OutputSink

_LAST_LINES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Runs hooks in a directory, in an environment without credentials; `say` gets their output line by line."""

    directory: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]

    def run(self, name: str, commands: tuple[Template, ...]) -> None:
        """Run the commands of a hook one after another; CommandFailedError at the first that fails."""
        shell = Shell.CMD if sys.platform == "win32" else Shell.SH
        machine = HostMachine(self.environment)
        bindings = {Late.PROJECT: str(self.directory), Late.CIBW_PYTHON: sys.executable}
        for command in commands:
            text = command.render(bindings)
            self.say(f"{name}: {text}")
            lines: list[str] = []
            request = Request(
                argv=shell.argv(text), cwd=str(self.directory), environment=without_credentials(self.environment)
            )
            outcome = machine.run(request, self._sink(lines))
            if outcome.exit_code:
                raise CommandFailedError(
                    f"The hook {name} failed.",
                    hint=f"Run `{text}` by hand to see the error, or change {name}.",
                    context=ErrorContext(
                        command=text, exit_code=outcome.exit_code, last_lines=tuple(lines[-_LAST_LINES:])
                    ),
                )

    def _sink(self, lines: list[str]) -> OutputSink:
        def hear(line: str, _is_error: bool) -> None:
            lines.append(line)
            self.say(f"  {line}")

        return hear
