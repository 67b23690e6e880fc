"""Performs the steps of a build on a machine, and checks their results."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cibw.errors import (
    AuditFailedError,
    CibwError,
    CommandFailedError,
    DuplicateWheelError,
    ErrorContext,
    NoWheelError,
    OutOfMemoryError,
    PureWheelError,
    RepairedWheelError,
    assert_never,
)
from cibw.execution.machine import Fetcher, Machine, fetch_nothing, shortage_of
from cibw.execution.source.project import every_file
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
from cibw.model.machines import CacheHits
from cibw.model.plan import Action, Check, Fetch, PutFiles, PutText, Run, Step, StepName, When
from cibw.model.release import WheelName
from cibw.model.templates import (
    BUILT_DIR,
    REPAIRED_DIR,
    Command,
    CommandRequest,
    EnvExpr,
    EnvPart,
    Outcome,
    Placeholder,
    Substitution,
    Variable,
)

# Evaluates environment expressions on the machine.

Runner = Callable[[CommandRequest], Outcome]


def evaluate(
    expressions: Iterable[EnvExpr],
    environment: Mapping[str, str],
    bindings: Mapping[Placeholder, str],
    run: Runner,
    tell: Callable[[str, str], None] = lambda _name, _value: None,
) -> dict[str, str]:
    """Add assignments to an environment. Each assignment sees the earlier ones.

    Command substitutions are run by `run` in the project directory. CommandFailedError names the variable whose
    command failed. `tell` receives each name and value before anything else sees it.
    """
    result = dict(environment)
    for expression in expressions:
        scope = _Scope(expression.name, result, bindings, run)
        value = "".join(scope.value(part) for part in expression.parts)
        tell(expression.name, value)
        result[expression.name] = value
    return result


class _Scope:
    def __init__(
        self, name: str, environment: Mapping[str, str], bindings: Mapping[Placeholder, str], run: Runner
    ) -> None:
        self._name = name
        self._environment = environment
        self._bindings = bindings
        self._run = run

    def value(self, part: EnvPart) -> str:
        match part:
            case str():
                return part
            case Placeholder():
                return self._bindings[part]
            case Variable():
                return self._variable(part)
            case Substitution():
                return self._substitute(part)
            case _:
                assert_never(part)

    def _variable(self, variable: Variable) -> str:
        found = self._environment.get(variable.name)
        if variable.default is not None and (found is None or (variable.or_empty and not found)):
            return "".join(self.value(part) for part in variable.default)
        return found or ""

    def _substitute(self, substitution: Substitution) -> str:
        argv = substitution.dialect.argv(substitution.command)
        request = CommandRequest(argv=argv, cwd=self._bindings[Placeholder.PROJECT], environment=self._environment)
        outcome = self._run(request)
        if outcome.exit_code != 0:
            shortage = shortage_of(outcome, ())
            raise CommandFailedError(
                f"The command in the value of {self._name} failed{f', {shortage}' if shortage else ''}.",
                hint=shortage.hint
                if shortage
                else f"Run `{substitution.command}` on the build machine to see the error, or change {self._name}.",
                context=ErrorContext(command=substitution.command, exit_code=outcome.exit_code),
            )
        return outcome.stdout.rstrip("\r\n")


# Performs steps on one machine with its bindings.

Emit = Callable[[Event], None]
_LAST_LINES = 20
_LONGEST_LAST_LINE = 4096
_NO_TOOLS = "Check the package index, set other tools with audit-requires, or disable the audit with audit-command."


class StepRunner:
    """Performs the steps of one scope (a job or a build) and emits events.

    It belongs to one thread. Placeholders are added to `bindings` when their values are known. `project` is the project
    directory on this computer; if it is None, nothing around it can be named.
    """

    def __init__(
        self,
        machine: Machine,
        scope: str,
        bindings: Mapping[Placeholder, str],
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
        start = {**base, **dict(passed), "PWD": self.bindings[Placeholder.PROJECT]}
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
                return WheelName.parse(self.bindings[Placeholder.WHEEL].rpartition("/")[2]).is_abi3
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

    def _quietly(self, request: CommandRequest) -> Outcome:
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


# Checks on the results of steps.

Claim = Callable[[str], bool]
"""Claims a file name for this build's wheel. Returns False if another build has already claimed it."""


def check(obligation: Check, runner: StepRunner, claim: Claim) -> None:
    """Run a check and bind the wheels that it finds. Raise the matching error if it fails."""
    match obligation:
        case Check.ONE_BUILT_WHEEL:
            _one_built(runner)
        case Check.ONE_REPAIRED_WHEEL:
            _one_repaired(runner)
        case Check.NOT_PURE:
            _not_pure(runner)
        case Check.NEW_NAME:
            _new_name(runner, claim)
        case _:
            assert_never(obligation)


def wheel_name(path: str) -> WheelName:
    """Parse the wheel name from a path on a machine. Raise CibwError if the name is invalid."""
    filename = path.rpartition("/")[2]
    try:
        return WheelName.parse(filename)
    except ValueError as error:
        raise CibwError(
            f"{filename} is not a valid wheel name: {error}",
            hint="A wheel name consists of project, version, optional build number, and the Python, ABI and "
            "platform tags.",
        ) from error


def _one_built(runner: StepRunner) -> None:
    found = runner.machine.find(BUILT_DIR.render(runner.bindings), "*.whl")
    if not found:
        raise NoWheelError(
            "The build frontend produced no wheel.",
            hint="Check the output of the build step. The build backend may have written the wheel to another "
            "directory.",
        )
    if len(found) > 1:
        raise NoWheelError(f"The build frontend produced several wheels: {_names(found)}.")
    runner.bindings[Placeholder.BUILT_WHEEL] = runner.bindings[Placeholder.WHEEL] = found[0]


def _one_repaired(runner: StepRunner) -> None:
    found = runner.machine.find(REPAIRED_DIR.render(runner.bindings), "*.whl")
    hint = "repair-wheel-command must put exactly one wheel into {dest_dir}."
    if not found:
        raise RepairedWheelError("The repair step produced no wheel.", hint=hint)
    if len(found) > 1:
        raise RepairedWheelError(f"The repair step produced several wheels: {_names(found)}.", hint=hint)
    runner.bindings[Placeholder.WHEEL] = found[0]


def _not_pure(runner: StepRunner) -> None:
    name = wheel_name(runner.bindings[Placeholder.WHEEL])
    if name.is_pure:
        raise PureWheelError(
            f"The build produced a pure Python wheel: {name.filename}.",
            hint="A pure wheel works on every platform and is built only once, with `cibw sdist --wheel`. If the "
            "project has extension modules, check why the build skipped them.",
        )


def _new_name(runner: StepRunner, claim: Claim) -> None:
    filename = wheel_name(runner.bindings[Placeholder.WHEEL]).filename
    if not claim(filename):
        raise DuplicateWheelError(
            f"Another build in this run already produced {filename}.",
            hint="Both builds produce wheels with the same tags. If the project uses the stable ABI, tag its wheels "
            "abi3; if it does not need Python at all, tag them py3-none.",
        )


def _names(paths: Collection[str]) -> str:
    return ", ".join(path.rpartition("/")[2] for path in paths)
