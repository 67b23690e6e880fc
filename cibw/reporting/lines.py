"""Format the lines of the console."""

from __future__ import annotations

from cibw.exhaustive import assert_never
from cibw.model.events import BuildResult, JobStarted, RunStarted, Status, StepFinished
from cibw.reporting.folding import dimmed
from cibw.reporting.look import Look
from cibw.reporting.wording import cached, count, duration, size

_NAME_WIDTH = 18
_TIME_WIDTH = 10


def run_lines(event: RunStarted, look: Look) -> list[str]:
    """The heading of the run."""
    wheels = count(len(event.plan.identifiers), "wheel")
    notes = [line for note in event.plan.notes for line in dimmed(note, look)]
    return [look.bold(f"Building {wheels} into {event.output_dir}"), *notes]


def job_lines(event: JobStarted, look: Look) -> list[str]:
    """A job and its machine."""
    return [f"{look.bold(event.job)} {look.dim(look.symbol('·', '-'))} {look.dim(event.machine)}"]


def build_heading(identifier: str, number: int, total: int, look: Look) -> str:
    """The heading of a build."""
    return f"{look.bold(identifier)} {look.dim(f'({number} of {total})')}"


def open_step(title: str, look: Look) -> str:
    """The line above a step's output."""
    return f"  {look.dim(look.symbol('▸', '>'))} {title}"


def running_step(title: str, look: Look) -> str:
    """The line for a step until it ends."""
    arrow = look.symbol("▸", ">")
    return f"  {look.dim(f'{arrow} {title} ...')}"


def step_line(event: StepFinished, look: Look) -> str:
    """A finished step with its time."""
    symbol = look.good(look.symbol("✓", "ok")) if event.succeeded else look.bad(look.symbol("✗", "FAILED"))
    name = event.step.value.ljust(_NAME_WIDTH)
    time = duration(event.seconds).rjust(_TIME_WIDTH)
    return f"  {symbol} {name if event.succeeded else look.bad(name)} {look.dim(time)}"


def command_lines(command: str, look: Look) -> list[str]:
    """A command as a user would type it."""
    first, *rest = command.split("\n")
    return [f"    {look.dim('$')} {look.bold(first)}", *(f"      {look.bold(line)}" for line in rest)]


def output_line(line: str, look: Look) -> str:
    """A line that a command wrote."""
    return f"    {look.dim(look.symbol('│', '|'))} {look.clean(line)}".rstrip()


def warning_line(message: str, look: Look) -> str:
    """A warning at the place where it was raised."""
    return look.warning(f"  {look.symbol('⚠', '!')} WARNING: {message}")


def result_lines(result: BuildResult, look: Look) -> list[str]:
    """The result of a build; nothing for a failure, which has its own block."""
    arrow = look.good(look.symbol("→", "->"))
    match result.status:
        case Status.BUILT | Status.REUSED | Status.RESTORED:
            if result.wheel is None:
                return []
            verb = {Status.REUSED: "reuses ", Status.RESTORED: "from the store: "}.get(result.status, "")
            facts = [size(result.wheel.size), _tested(result), duration(result.seconds), *_cached(result)]
            return [f"  {arrow} {verb}{look.bold(result.wheel.filename)}", look.dim(f"    {', '.join(facts)}")]
        case Status.CANCELLED:
            return [look.dim(f"{look.symbol('∅', '-')} {result.identifier} cancelled")]
        case Status.FAILED:
            return []
        case _:
            assert_never(result.status)


def untouched_line(result: BuildResult, heading: str, look: Look) -> str:
    """A build that needed no machine, because its wheel and test results come from an earlier run."""
    wheel = result.wheel.filename if result.wheel and result.status is Status.REUSED else ""
    how = f"served by {wheel}" if wheel else "from the store"
    tested = ", tested before" if result.tested else f", {_tested(result)}"
    return f"{heading} {look.good(look.symbol('→', '->'))} {look.dim(how + tested)}"


def _cached(result: BuildResult) -> list[str]:
    cache = result.compiler_cache
    return [cached(cache.tool.value, cache.hits, cache.files)] if cache and cache.files else []


def _tested(result: BuildResult) -> str:
    if result.tested:
        return "tested"
    return f"not tested ({result.untested})" if result.untested else "not tested"
