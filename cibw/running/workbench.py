"""Performs steps on one machine with its bindings."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cibw.errors import AuditFailedError, CibwError, CommandFailedError, ErrorContext, OutOfMemoryError
from cibw.exhaustive import assert_never
from cibw.model.command import Command, Outcome, Request
from cibw.model.compiler_cache import CacheHits
from cibw.model.environment import EnvExpr
from cibw.model.events import (
    CommandStarted,
    Event,
    OutputLine,
    StepFinished,
    StepStarted,
    StepTime,
    VariablesSet,
    WarningRaised,
)
from cibw.model.plan import Action, Fetch, PutFiles, PutText, Run, Step, StepName, When
from cibw.model.template import Late
from cibw.model.wheel import WheelName
from cibw.running.evaluate import evaluate
from cibw.running.machine import Machine
from cibw.running.memory import shortage_of
from cibw.running.opened import Fetcher, fetch_nothing
from cibw.running.source import every_file

Emit = Callable[[Event], None]
_LAST_LINES = 20
_LONGEST_LAST_LINE = 4096
_NO_TOOLS = "Check the package index, set other tools with audit-requires, or disable the audit with audit-command."


class Workbench:
    """Performs the steps of one scope (a job or a build) and emits events.

    It belongs to one thread. Late values are added to `bindings` as they become known. `project` is the project
    directory on this computer; if it is None, nothing around it can be named.
    """

    def __init__(
        self,
        machine: Machine,
        scope: str,
        bindings: Mapping[Late, str],
        emit: Emit,
        *,
        fetcher: Fetcher = fetch_nothing,
    ) -> None:
        self.machine = machine
        self.bindings = dict(bindings)
        self.project: Path | None = None
        self.times: list[StepTime] = []
        self.warnings: list[str] = []
        self.compiler_cache: CacheHits | None = None
        self._scope = scope
        self._emit = emit
        self._fetcher = fetcher
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)

    def environment(
        self, expressions: Iterable[EnvExpr], base: Mapping[str, str], passed: Iterable[tuple[str, str]] = ()
    ) -> dict[str, str]:
        """Evaluate assignments on top of an environment and passed variables, with PWD set to the project."""
        start = {**base, **dict(passed), "PWD": self.bindings[Late.PROJECT]}
        self.tell_variables(start.items())
        return evaluate(
            expressions, start, self.bindings, self._quietly, lambda name, value: self.tell_variables([(name, value)])
        )

    def tell_variables(self, variables: Iterable[tuple[str, str]]) -> None:
        """Announce variable values, so that secrets among them are masked from now on."""
        self._emit(VariablesSet(scope=self._scope, variables=tuple(variables)))

    @contextmanager
    def step(self, name: StepName) -> Iterator[None]:
        """Emit the start and end of a step, and add the step to errors."""
        self._emit(StepStarted(scope=self._scope, step=name))
        started = time.monotonic()
        succeeded = False
        try:
            yield
            succeeded = True
        except CibwError as error:
            error.locate(step=name.value)
            raise
        finally:
            seconds = time.monotonic() - started
            self.times.append(StepTime(step=name, seconds=seconds))
            self._emit(StepFinished(scope=self._scope, step=name, seconds=seconds, succeeded=succeeded))

    def perform(self, step: Step, environment: Mapping[str, str]) -> None:
        """Perform the actions of a step. Raise CommandFailedError, or AuditFailedError if an audit fails."""
        for action in step.actions:
            self._act(action, step.name, environment)

    def applies(self, step: Step) -> bool:
        """Return whether a step has anything to do for the current wheel."""
        return any(not isinstance(action, Run) or self._holds(action.when) for action in step.actions)

    def warn(self, message: str) -> None:
        """Emit a warning."""
        self.warnings.append(message)
        self._emit(WarningRaised(scope=self._scope, message=message))

    def _act(self, action: Action, name: StepName, environment: Mapping[str, str]) -> None:
        match action:
            case PutText(path=path, text=text):
                self.machine.put(text.encode(), path.render(self.bindings))
            case PutFiles(path=path, source=source):
                self._put_files(source, path.render(self.bindings))
            case Run(command=command, when=when):
                if self._holds(when):
                    self._run(command, name, environment)
            case Fetch():
                self._fetch(action)
            case _:
                assert_never(action)

    def _put_files(self, source: str, target: str) -> None:
        if self.project is None:
            raise CibwError(
                f"{source} in test-sources points outside the sdist.",
                hint="Build the project directory, or list only files that are in the sdist.",
            )
        place = Path(os.path.normpath(self.project / source))
        if not place.exists():
            raise CibwError(
                f"{source} in test-sources does not exist.",
                hint=f"The full path is {place}. Correct the path, or remove it.",
            )
        self._emit(CommandStarted(scope=self._scope, text=f"copy {place}"))
        self.machine.put(every_file(place) if place.is_dir() else place, target)

    def _fetch(self, action: Fetch) -> None:
        if action.unless is not None:
            directory, _, name = action.unless.render(self.bindings).rpartition("/")
            if self.machine.find(directory, name):
                return
        self._emit(CommandStarted(scope=self._scope, text=f"fetch {action.url}"))
        self._fetcher(action, action.path.render(self.bindings))

    def _holds(self, when: When) -> bool:
        match when:
            case When.ALWAYS:
                return True
            case When.WHEEL_IS_ABI3:
                return WheelName.parse(self.bindings[Late.WHEEL].rpartition("/")[2]).is_abi3
            case _:
                assert_never(when)

    def _run(self, command: Command, name: StepName, environment: Mapping[str, str]) -> None:
        self._last_lines.clear()
        request = command.request(self.bindings, environment)
        text = request.argv[-1] if command.shell else command.dialect.join(request.argv)
        self._emit(CommandStarted(scope=self._scope, text=text))
        outcome = self.machine.run(request, self._line)
        if outcome.exit_code != 0:
            is_of_audit = name is StepName.AUDIT and request.argv[0] != "uv"
            raise self._failure(AuditFailedError if is_of_audit else CommandFailedError, name, text, outcome)

    def _line(self, text: str, is_error: bool) -> None:
        self._last_lines.append(text[:_LONGEST_LAST_LINE])
        self._emit(OutputLine(scope=self._scope, text=text, is_error=is_error))

    def _quietly(self, request: Request) -> Outcome:
        return self.machine.run(request, self._line_of_substitution)

    def _line_of_substitution(self, text: str, is_error: bool) -> None:
        if is_error:
            self._line(text, is_error)

    def _failure(self, kind: type[CibwError], name: StepName, text: str, outcome: Outcome) -> CibwError:
        context = ErrorContext(
            step=name.value, command=text, exit_code=outcome.exit_code, last_lines=tuple(self._last_lines)
        )
        shortage = shortage_of(outcome, self._last_lines)
        if shortage is not None:
            return OutOfMemoryError(f"The {name.value} step failed, {shortage}.", hint=shortage.hint, context=context)
        if name is StepName.AUDIT and kind is CommandFailedError:
            message = "The audit tools could not be installed, so nothing was audited."
            return kind(message, hint=_NO_TOOLS, context=context)
        return kind(f"The {name.value} step failed.", context=context)
