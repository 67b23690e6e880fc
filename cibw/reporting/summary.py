"""The summary of a run as Markdown, for the page of a GitHub job."""

from __future__ import annotations

from pathlib import Path

from cibw.model.events import BuildResult, Event, Failure, Report, RunFinished, Status, WarningRaised
from cibw.reporting.ending import Warnings, all_warnings, cache_totals
from cibw.reporting.errors_text import headline
from cibw.reporting.look import Look
from cibw.reporting.markdown import code, escaped, fenced
from cibw.reporting.reporter import Reporter
from cibw.reporting.table import time_of
from cibw.reporting.wording import count, duration, exit_code, size

_SIGNS = {
    Status.BUILT: "✅",
    Status.REUSED: "♻️",
    Status.RESTORED: "📦",
    Status.FAILED: "❌",
    Status.CANCELLED: "⏹️",
}
_PLAIN = Look()


def summary_writer(path: Path) -> Reporter:
    """A reporter that appends the summary to a file when the run ends."""

    warnings: list[tuple[str, str]] = []

    def report(event: Event) -> None:
        if isinstance(event, WarningRaised):
            warnings.append((event.scope, event.message))
        if isinstance(event, RunFinished):
            with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write(summary_markdown(event.report, warnings))

    return report


def summary_markdown(report: Report, warnings: Warnings = ()) -> str:
    """A table of the wheels, all warnings and the failures; ends with a newline."""
    wheels = len({result.wheel.filename for result in report.results if result.wheel})
    failures = [result.failure for result in report.results if result.failure is not None]
    if report.failure is not None:
        failures.append(report.failure)
    verdict = f"{count(wheels, 'wheel')} in {duration(report.seconds)}"
    if report.exit_code:
        verdict += f", exit code {report.exit_code}"
    lines = [f"## {'❌' if report.exit_code else '✅'} {verdict}", ""]
    if report.results:
        lines += ["| | identifier | wheel | tested | size | time | SHA-256 |", "|---|---|---|---|---:|---:|---|"]
        lines += [*map(_row, report.results), ""]
    totals = cache_totals(report.results)
    lines += [f"Compiler cache: {', '.join(totals)}.", ""] if totals else []
    lines += _warnings(all_warnings(report, warnings))
    for failure in failures:
        lines += _failure(failure)
    return "\n".join(lines) + "\n"


def _row(result: BuildResult) -> str:
    wheel = result.wheel
    cells = [
        _SIGNS[result.status],
        code(str(result.identifier)),
        code(wheel.filename) if wheel else result.status.value,
        ("yes" if result.tested else "no") if wheel else "",
        size(wheel.size) if wheel else "",
        time_of(result) if result.seconds else "",
        code(wheel.sha256) if wheel else "",
    ]
    return f"| {' | '.join(cells)} |"


def _warnings(warnings: Warnings) -> list[str]:
    lines = [f"> **{escaped(scope) or 'run'}**: {escaped(message)}  " for scope, message in warnings]
    return ["> [!WARNING]", *lines, ""] if lines else []


def _failure(failure: Failure) -> list[str]:
    context = failure.context
    lines = [f"### {escaped(headline(failure))}", "", escaped(failure.message), ""]
    if context.command:
        ended = "" if context.exit_code is None else f"ended with {exit_code(context.exit_code)}"
        lines += [*fenced([f"$ {context.command}"]), "", *([ended, ""] if ended else [])]
    if context.last_lines:
        lines += ["<details><summary>Last lines of output</summary>", ""]
        lines += [*fenced([_PLAIN.clean(line) for line in context.last_lines]), "", "</details>", ""]
    if failure.hint:
        lines += [f"**Hint:** {escaped(failure.hint)}", ""]
    return lines
