"""A run as a readable stream of lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from cibw.errors import assert_never
from cibw.model.events import (
    BuildFinished,
    BuildResult,
    BuildStarted,
    CommandStarted,
    Event,
    Failure,
    JobStarted,
    OutputLine,
    Progress,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
    VariablesSet,
    WarningRaised,
)
from cibw.reporting.errors import failure_text, headline
from cibw.reporting.streams import Level, LogGroupStyle, annotation, close_group, open_group, write_command
from cibw.reporting.tables import ending
from cibw.reporting.terminal import TerminalStyle, cached, count, dimmed, duration, size

# Format the lines of the console.

_NAME_WIDTH = 18
_TIME_WIDTH = 10


def run_lines(event: RunStarted, style: TerminalStyle) -> list[str]:
    """The heading of the run."""
    wheels = count(len(event.plan.identifiers), "wheel")
    notes = [line for note in event.plan.notes for line in dimmed(note, style)]
    return [style.bold(f"Building {wheels} into {event.output_dir}"), *notes]


def job_lines(event: JobStarted, style: TerminalStyle) -> list[str]:
    """A job and its machine."""
    return [f"{style.bold(event.job)} {style.dim(style.symbol('·', '-'))} {style.dim(event.machine)}"]


def build_heading(identifier: str, number: int, total: int, style: TerminalStyle) -> str:
    """The heading of a build."""
    return f"{style.bold(identifier)} {style.dim(f'({number} of {total})')}"


def open_step(title: str, style: TerminalStyle) -> str:
    """The line above a step's output."""
    return f"  {style.dim(style.symbol('▸', '>'))} {title}"


def running_step(title: str, style: TerminalStyle) -> str:
    """The line for a step until it ends."""
    arrow = style.symbol("▸", ">")
    return f"  {style.dim(f'{arrow} {title} ...')}"


def step_line(event: StepFinished, style: TerminalStyle) -> str:
    """A finished step with its time."""
    symbol = style.good(style.symbol("✓", "ok")) if event.succeeded else style.bad(style.symbol("✗", "FAILED"))
    name = event.step.value.ljust(_NAME_WIDTH)
    time = duration(event.seconds).rjust(_TIME_WIDTH)
    return f"  {symbol} {name if event.succeeded else style.bad(name)} {style.dim(time)}"


def command_lines(command: str, style: TerminalStyle) -> list[str]:
    """A command as a user would type it."""
    first, *rest = command.split("\n")
    return [f"    {style.dim('$')} {style.bold(first)}", *(f"      {style.bold(line)}" for line in rest)]


def output_line(line: str, style: TerminalStyle) -> str:
    """A line that a command wrote."""
    return f"    {style.dim(style.symbol('│', '|'))} {style.clean(line)}".rstrip()


def warning_line(message: str, style: TerminalStyle) -> str:
    """A warning at the place where it was raised."""
    return style.warning(f"  {style.symbol('⚠', '!')} WARNING: {message}")


def result_lines(result: BuildResult, style: TerminalStyle) -> list[str]:
    """The result of a build; nothing for a failure, which has its own block."""
    arrow = style.good(style.symbol("→", "->"))
    match result.status:
        case Status.BUILT | Status.REUSED | Status.RESTORED:
            if result.wheel is None:
                return []
            verb = {Status.REUSED: "reuses ", Status.RESTORED: "from the store: "}.get(result.status, "")
            facts = [size(result.wheel.size), _tested(result), duration(result.seconds), *_cached(result)]
            return [f"  {arrow} {verb}{style.bold(result.wheel.filename)}", style.dim(f"    {', '.join(facts)}")]
        case Status.CANCELLED:
            return [style.dim(f"{style.symbol('∅', '-')} {result.identifier} cancelled")]
        case Status.FAILED:
            return []
        case _:
            assert_never(result.status)


def untouched_line(result: BuildResult, heading: str, style: TerminalStyle) -> str:
    """A build that needed no machine, because its wheel and test results come from an earlier run."""
    wheel = result.wheel.filename if result.wheel and result.status is Status.REUSED else ""
    how = f"served by {wheel}" if wheel else "from the store"
    tested = ", tested before" if result.tested else f", {_tested(result)}"
    return f"{heading} {style.good(style.symbol('→', '->'))} {style.dim(how + tested)}"


def _cached(result: BuildResult) -> list[str]:
    cache = result.compiler_cache
    return [cached(cache.tool.value, cache.hits, cache.files)] if cache and cache.files else []


def _tested(result: BuildResult) -> str:
    if result.tested:
        return "tested"
    return f"not tested ({result.untested})" if result.untested else "not tested"


# Show a run as a stream of lines.

_DRAW_OVER = "\r\x1b[K"


@dataclass(slots=True)
class _Progress:
    """The state of the run that the lines depend on."""

    total: int = 0
    begun: set[str] = field(default_factory=set)
    failures: set[Failure] = field(default_factory=set)
    groups: int = 0
    scope: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    open_key: str = ""
    last_progress: str = ""
    is_drawn: bool = False
    warnings: list[tuple[str, str]] = field(default_factory=list)


class Console:
    """Writes each event to a stream: a line per step, output below it or folded, a table at the end.

    `clock` returns seconds since the epoch, which GitLab needs for log groups. With parallel builds, a heading marks
    where the lines of another build begin. Failures go to `errors`, if given.
    """

    def __init__(
        self, stream: TextIO, style: TerminalStyle, clock: Callable[[], float], *, errors: TextIO | None = None
    ) -> None:
        self._stream = stream
        self._errors = errors or stream
        self._style = style
        self._clock = clock
        self._state = _Progress()

    def __call__(self, event: Event) -> None:
        """Write an event."""
        match event:
            case RunStarted() | RunFinished():
                self._run(event)
            case JobStarted() | Progress() | BuildStarted() | BuildFinished():
                self._outline(event)
            case StepStarted() | StepFinished() | CommandStarted() | OutputLine():
                self._step(event)
            case WarningRaised():
                self._warning(event)
            case VariablesSet():
                pass
            case _:
                assert_never(event)
        self._stream.flush()

    def _run(self, event: RunStarted | RunFinished) -> None:
        state = self._state
        if isinstance(event, RunStarted):
            state.total = len(event.plan.identifiers)
            self._write(*run_lines(event, self._style))
            return
        self._close()
        if event.report.failure is not None:
            self._fail(event.report.failure)
        self._write(*ending(event.report, state.warnings, self._style))
        if event.report.failure is not None:
            self._annotate(Level.ERROR, headline(event.report.failure), event.report.failure.message)

    def _outline(self, event: JobStarted | Progress | BuildStarted | BuildFinished) -> None:
        state = self._state
        self._close()
        match event:
            case JobStarted():
                state.scope = event.job
                self._write("", *job_lines(event, self._style))
            case Progress():
                if event.text != state.last_progress:
                    self._write(f"  {self._style.dim(event.text)}")
                state.last_progress = event.text
            case BuildStarted():
                state.scope = str(event.identifier)
                state.begun.add(state.scope)
                self._write("", build_heading(state.scope, len(state.begun), state.total, self._style))
            case BuildFinished():
                self._build_finished(event)
            case _:
                assert_never(event)

    def _build_finished(self, event: BuildFinished) -> None:
        result = event.result
        scope, begun = str(result.identifier), self._state.begun
        # A build that never started has no heading yet.
        if scope in begun:
            self._enter(scope)
            self._write(*result_lines(result, self._style))
        elif result.wheel is not None:
            begun.add(scope)
            heading = build_heading(scope, len(begun), self._state.total, self._style)
            self._write(untouched_line(result, heading, self._style))
        else:
            self._write(*result_lines(result, self._style))
        # The builds of a job without a machine share one failure.
        if result.failure is not None and result.failure not in self._state.failures:
            self._state.failures.add(result.failure)
            self._fail(result.failure)
            self._annotate(Level.ERROR, headline(result.failure), result.failure.message)

    def _fail(self, failure: Failure) -> None:
        self._draw_over()
        self._stream.flush()
        text = "".join(f"{line}\n" for line in ("", *failure_text(failure, self._style).split("\n")))
        self._errors.write(_encodable(text, self._errors))
        self._errors.flush()

    def _step(self, event: StepStarted | StepFinished | CommandStarted | OutputLine) -> None:
        state = self._state
        match event:
            case StepStarted():
                self._enter(event.scope)
                state.steps[event.scope] = event.step.value
                self._draw(running_step(event.step.value, self._style))
            case StepFinished():
                self._enter(event.scope)
                self._close()
                state.steps.pop(event.scope, None)
                self._write(step_line(event, self._style))
            case CommandStarted() | OutputLine():
                if self._style.output:
                    self._inside(event)
            case _:
                assert_never(event)

    def _inside(self, event: CommandStarted | OutputLine) -> None:
        self._enter(event.scope)
        if not self._state.open_key:
            self._open(event.scope)
        if isinstance(event, CommandStarted):
            self._write(*command_lines(event.text, self._style))
        else:
            self._write(output_line(event.text, self._style))

    def _warning(self, event: WarningRaised) -> None:
        self._enter(event.scope)
        self._close()
        self._state.warnings.append((event.scope, event.message))
        self._write(warning_line(event.message, self._style))
        self._annotate(Level.WARNING, event.scope, event.message)

    def _enter(self, scope: str) -> None:
        if scope and scope != self._state.scope:
            self._close()
            self._state.scope = scope
            self._write("", f"{self._style.bold(scope)} {self._style.dim('(continued)')}")

    def _open(self, scope: str) -> None:
        state = self._state
        state.groups += 1
        state.open_key = f"{scope}.{state.groups}"
        title = state.steps.get(scope, "")
        if self._style.group_style is LogGroupStyle.NONE:
            self._write(open_step(title, self._style))
        else:
            self._command(
                open_group(self._style.group_style, f"{scope}: {title}", key=state.open_key, now=self._clock())
            )

    def _close(self) -> None:
        state = self._state
        if state.open_key:
            self._command(close_group(self._style.group_style, key=state.open_key, now=self._clock()))
        state.open_key = ""

    def _annotate(self, level: Level, title: str, message: str) -> None:
        self._command(annotation(self._style.group_style, level, title, message))

    def _draw(self, line: str) -> None:
        """Show a line that the next one overwrites, if the terminal allows it."""
        if self._style.redraws and not self._style.output:
            self._put(line)
            self._state.is_drawn = True

    def _write(self, *lines: str) -> None:
        for line in lines:
            self._draw_over()
            self._put(f"{line}\n")

    def _command(self, line: str) -> None:
        """Write a command for the CI."""
        if line:
            self._draw_over()
            write_command(self._stream, _encodable(f"{line}\n", self._stream))

    def _draw_over(self) -> None:
        if self._state.is_drawn:
            write_command(self._stream, _DRAW_OVER)
            self._state.is_drawn = False

    def _put(self, text: str) -> None:
        self._stream.write(_encodable(text, self._stream))


def _encodable(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    # Characters missing in the stream's encoding must not end the run.
    return text.encode(encoding, "replace").decode(encoding)
