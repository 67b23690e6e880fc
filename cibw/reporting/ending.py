"""The last lines of a run: wheels, warnings and failures."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from cibw.model.events import BuildResult, Report, Status
from cibw.reporting.errors_text import headline
from cibw.reporting.look import Look
from cibw.reporting.table import wheel_table
from cibw.reporting.wording import cached, count, duration

Warnings = Sequence[tuple[str, str]]
"""Scopes and messages."""


def ending(report: Report, warnings: Warnings, look: Look) -> list[str]:
    """Lines for the end of a run."""
    sections = [
        wheel_table(report.results, look),
        [look.dim(f"  compiler cache: {line}") for line in cache_totals(report.results)],
        _untested_lines(report.results, look),
        _warning_lines(all_warnings(report, warnings), look),
        _failed_lines(report.results, look),
        [_verdict(report, look)],
    ]
    return [line for section in sections if section for line in ("", *section)]


def all_warnings(report: Report, warnings: Warnings) -> list[tuple[str, str]]:
    """The raised warnings and those of the results, without duplicates."""
    of_results = [(str(result.identifier), message) for result in report.results for message in result.warnings]
    return list(dict.fromkeys((*warnings, *of_results)))


def cache_totals(results: Iterable[BuildResult]) -> list[str]:
    """The hits of each compiler cache in all builds, e.g. `40 of 52 files from ccache`."""
    hits: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for cache in (result.compiler_cache for result in results):
        if cache is not None:
            hits[cache.tool.value] += cache.hits
            files[cache.tool.value] += cache.files
    return [cached(tool, hits[tool], files[tool]) for tool in files if files[tool]]


def _untested_lines(results: Iterable[BuildResult], look: Look) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for result in results:
        if result.wheel is not None and not result.tested and result.untested:
            by_reason.setdefault(result.untested, []).append(str(result.identifier))
    lines = []
    for reason, names in by_reason.items():
        lines += [f"  {look.bold('not tested')}: {reason}", *_indented(", ".join(names), look)]
    return lines


def _warning_lines(warnings: Warnings, look: Look) -> list[str]:
    by_message: dict[str, list[str]] = {}
    for scope, message in warnings:
        by_message.setdefault(message, []).append(scope)
    lines = []
    for message, scopes in by_message.items():
        lines.append(look.warning(f"{look.symbol('⚠', '!')} WARNING: {message}"))
        lines += _indented(", ".join(scope for scope in scopes if scope), look)
    return lines


def _failed_lines(results: Iterable[BuildResult], look: Look) -> list[str]:
    lines = []
    for failure in dict.fromkeys(result.failure for result in results if result.failure is not None):
        lines.append(look.bad(f"{look.symbol('✗', 'x')} {headline(failure)}"))
        lines += _indented(failure.message.partition("\n")[0], look)
        if failure.context.log_file:
            lines.append(look.dim(f"    {failure.context.log_file}"))
    return lines


def _indented(text: str, look: Look) -> list[str]:
    width = max(40, look.width - 4)
    return [f"    {line}" for line in textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)]


def _verdict(report: Report, look: Look) -> str:
    numbers = Counter(result.status for result in report.results)
    parts = []
    if numbers[Status.BUILT] or not report.results:
        parts.append(f"{count(numbers[Status.BUILT], 'wheel')} built")
    if numbers[Status.RESTORED]:
        parts.append(f"{count(numbers[Status.RESTORED], 'wheel')} from the store")
    if numbers[Status.REUSED]:
        parts.append(f"{count(numbers[Status.REUSED], 'identifier')} served by an earlier wheel")
    parts += [f"{numbers[status]} {status.value}" for status in (Status.FAILED, Status.CANCELLED) if numbers[status]]
    text = f"{', '.join(parts)} in {duration(report.seconds)}"
    if report.exit_code:
        return look.bad(f"{look.symbol('✗', 'x')} {text}; exit code {report.exit_code}")
    return look.good(f"{look.symbol('✓', 'ok')} {text}")
