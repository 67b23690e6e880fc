"""A run, a check and an upload as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cibw.model.events import (
    BuildResult,
    Event,
    Failure,
    PublishReport,
    Report,
    RunFinished,
    Status,
    UploadStatus,
    WarningRaised,
)
from cibw.model.manifest import Finding, Severity, stops
from cibw.model.release import Distribution
from cibw.reporting.checks import verdict
from cibw.reporting.errors import headline
from cibw.reporting.reporters import Reporter
from cibw.reporting.streams import neutral
from cibw.reporting.tables import Warnings, all_warnings, cache_totals, time_of
from cibw.reporting.terminal import TerminalStyle, count, duration, exit_code, size
from cibw.reporting.uploads import ending

# Escape text of builds, projects and servers for Markdown.

_SIGNS = re.compile(r"[\\<|*_\[\]&~$]")
"""Characters of HTML, cells, emphasis, links, entities and formulas; code in backticks may contain them."""
_BEGINNING = re.compile(r"^(?=[#>+=-])|(?<=^\d)(?=[.)])")
"""Characters that start a heading, a quotation or a list at the beginning of a line."""


def escaped(text: str) -> str:
    """A text on one line, escaped for Markdown."""
    line = " ".join(neutral(text, colour=False).split("\n")).strip()
    return _BEGINNING.sub(r"\\", _SIGNS.sub(r"\\\g<0>", line))


def code(text: str) -> str:
    """A text on one line as code, also for table cells."""
    line = " ".join(neutral(text, colour=False).split("\n")).replace("|", "\\|")
    runs = re.findall(r"`+", line)
    if not runs:
        return f"`{line}`"
    fence = "`" * (max(map(len, runs)) + 1)
    return f"{fence} {line} {fence}"


def fenced(lines: Iterable[str]) -> list[str]:
    """Lines as a block of code."""
    shown = [neutral(line, colour=False) for line in lines]
    fence = "```"
    while any(fence in line for line in shown):
        fence += "`"
    return [f"{fence}text", *shown, fence]


# The summary of a run as Markdown, for the page of a GitHub job.

_BUILD_SIGNS = {
    Status.BUILT: "✅",
    Status.REUSED: "♻️",
    Status.RESTORED: "📦",
    Status.FAILED: "❌",
    Status.CANCELLED: "⏹️",
}
_PLAIN = TerminalStyle()


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
        lines += [*map(_wheel_row, report.results), ""]
    totals = cache_totals(report.results)
    lines += [f"Compiler cache: {', '.join(totals)}.", ""] if totals else []
    lines += _warnings(all_warnings(report, warnings))
    for failure in failures:
        lines += _failure(failure)
    return "\n".join(lines) + "\n"


def _wheel_row(result: BuildResult) -> str:
    wheel = result.wheel
    cells = [
        _BUILD_SIGNS[result.status],
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


# A check and an upload as Markdown, for the page of a GitHub job.

_WEIGHTS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.SKIPPED: "⏭️"}
_UPLOAD_SIGNS = {
    UploadStatus.UPLOADED: "✅",
    UploadStatus.ALREADY_THERE: "☑️",
    UploadStatus.FAILED: "❌",
    UploadStatus.NOT_TRIED: "⏹️",
}


def check_markdown(files: tuple[Distribution, ...], findings: tuple[Finding, ...]) -> str:
    """The verdict of a check, and a row for each finding; ends with a newline."""
    rows = [
        _row(_WEIGHTS[severity], code(one.rule), escaped(one.message), escaped(one.fix))
        for severity in Severity
        for one in findings
        if one.severity is severity
    ]
    table = ["| | rule | problem | fix |", "|---|---|---|---|", *rows, ""] if rows else []
    return _page(verdict(files, findings), table, is_good=not stops(findings))


def publish_markdown(report: PublishReport) -> str:
    """The result of an upload, and a row for each file; ends with a newline."""
    rows = [
        _row(
            _UPLOAD_SIGNS[one.status],
            code(one.filename),
            escaped(": ".join(filter(None, [one.status.value, one.message]))),
            size(one.size),
            code(one.sha256),
        )
        for one in report.uploads
    ]
    table = ["| | file | result | size | SHA-256 |", "|---|---|---|---:|---|", *rows, ""]
    title = f"{ending(report)} ({report.index})"
    if report.exit_code:
        title += f", exit code {report.exit_code}"
    return _page(title, table, is_good=not report.exit_code)


def _page(title: str, lines: list[str], *, is_good: bool) -> str:
    return "\n".join([f"## {'✅' if is_good else '❌'} {escaped(title)}", "", *lines, ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
