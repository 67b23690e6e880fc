"""The last lines of a run: the table of wheels, warnings and failures."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from cibw.model.events import BuildResult, Report, Status, WheelFile
from cibw.reporting.errors import headline
from cibw.reporting.terminal import TerminalStyle, cached, count, duration, size

if TYPE_CHECKING:
    from rich.box import Box
    from rich.console import Console
    from rich.table import Table


# The table of wheels at the end of a run.

SHORT_HASH = 12
_INDENT = 2
_GAP = 3
_READABLE = 40
"""The minimum width of the column with file names."""
_PLAIN_BOX = "    \n    \n -- \n    \n    \n -- \n    \n    \n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """The number of shown hash digits, and whether identifier and file name share a column."""

    digits: int
    joined: bool = False


_FORMS = (_Form(digits=64), _Form(digits=SHORT_HASH), _Form(digits=SHORT_HASH, joined=True))
_Wheels = Sequence[tuple[BuildResult, WheelFile]]


def wheel_table(results: Sequence[BuildResult], style: TerminalStyle) -> list[str]:
    """The lines of a table of wheels, or none without wheels.

    It shows the complete hash if it fits the width, else its beginning. File names are wrapped, never truncated.
    """
    wheels = [(result, result.wheel) for result in results if result.wheel is not None]
    if not wheels:
        return []
    form, room = _form(wheels, style)
    console = _console(style)
    console.print(_table(wheels, form, room, style))
    text = console.file.getvalue() if isinstance(console.file, StringIO) else ""
    return [f"{' ' * _INDENT}{line}".rstrip() for line in text.splitlines()]


def time_of(result: BuildResult) -> str:
    """The duration of a build, or that its wheel came from the store."""
    is_untouched = result.status is Status.RESTORED and not result.steps
    return "from store" if is_untouched else duration(result.seconds)


def _form(wheels: _Wheels, style: TerminalStyle) -> tuple[_Form, int]:
    """The first form with enough columns for the file names, and the number of columns."""
    longest = max(len(wheel.filename) for _, wheel in wheels)
    rooms = [(form, _room(wheels, form, style)) for form in _FORMS]
    form, room = next(((form, room) for form, room in rooms if room >= min(longest, _READABLE)), rooms[-1])
    return form, max(room, SHORT_HASH)


def _room(wheels: _Wheels, form: _Form, style: TerminalStyle) -> int:
    identifiers = 0 if form.joined else _GAP + max(len(str(result.identifier)) for result, _ in wheels)
    sizes = max(len(size(wheel.size)) for _, wheel in wheels)
    times = max(len(time_of(result)) for result, _ in wheels)
    return style.width - _INDENT - identifiers - max(sizes, 4) - max(times, 4) - form.digits - 3 * _GAP


def _table(wheels: _Wheels, form: _Form, room: int, style: TerminalStyle) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=_box(style),
        show_edge=False,
        pad_edge=False,
        leading=int(form.joined),
        header_style="bold",
        border_style="dim",
    )
    if not form.joined:
        table.add_column("identifier", no_wrap=True)
    table.add_column("wheel", overflow="fold")
    for heading in ("size", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("SHA-256", no_wrap=True)
    for result, wheel in wheels:
        name = "\n".join(_wrapped(wheel.filename, room))
        identifier = Text(str(result.identifier), style="bold" if form.joined else "")
        cells = [identifier.append(f"\n{name}", style="not bold")] if form.joined else [identifier, name]
        table.add_row(*cells, size(wheel.size), time_of(result), wheel.sha256[: form.digits])
    return table


def _wrapped(name: str, width: int) -> list[str]:
    """Split a file name into pieces that fit a width, after a dash or a dot if possible."""
    lines = [""]
    for part in re.findall(r"[^-.]*[-.]?", name):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return lines


def _box(style: TerminalStyle) -> Box:
    from rich import box

    return box.SIMPLE_HEAD if style.unicode else box.Box(_PLAIN_BOX, ascii=True)


def _console(style: TerminalStyle) -> Console:
    from rich.console import Console

    return Console(
        file=StringIO(),
        width=max(style.width - _INDENT, 1),
        color_system="standard" if style.colour else None,
        force_terminal=style.colour,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        # The look has already decided this; rich must not check the environment again.
        _environ={},
    )


# The last lines of a run: wheels, warnings and failures.

Warnings = Sequence[tuple[str, str]]
"""Scopes and messages."""


def ending(report: Report, warnings: Warnings, style: TerminalStyle) -> list[str]:
    """Lines for the end of a run."""
    sections = [
        wheel_table(report.results, style),
        [style.dim(f"  compiler cache: {line}") for line in cache_totals(report.results)],
        _untested_lines(report.results, style),
        _warning_lines(all_warnings(report, warnings), style),
        _failed_lines(report.results, style),
        [_verdict(report, style)],
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


def _untested_lines(results: Iterable[BuildResult], style: TerminalStyle) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for result in results:
        if result.wheel is not None and not result.tested and result.untested:
            by_reason.setdefault(result.untested, []).append(str(result.identifier))
    lines = []
    for reason, names in by_reason.items():
        lines += [f"  {style.bold('not tested')}: {reason}", *_indented(", ".join(names), style)]
    return lines


def _warning_lines(warnings: Warnings, style: TerminalStyle) -> list[str]:
    by_message: dict[str, list[str]] = {}
    for scope, message in warnings:
        by_message.setdefault(message, []).append(scope)
    lines = []
    for message, scopes in by_message.items():
        lines.append(style.warning(f"{style.symbol('⚠', '!')} WARNING: {message}"))
        lines += _indented(", ".join(scope for scope in scopes if scope), style)
    return lines


def _failed_lines(results: Iterable[BuildResult], style: TerminalStyle) -> list[str]:
    lines = []
    for failure in dict.fromkeys(result.failure for result in results if result.failure is not None):
        lines.append(style.bad(f"{style.symbol('✗', 'x')} {headline(failure)}"))
        lines += _indented(failure.message.partition("\n")[0], style)
        if failure.context.log_file:
            lines.append(style.dim(f"    {failure.context.log_file}"))
    return lines


def _indented(text: str, style: TerminalStyle) -> list[str]:
    width = max(40, style.width - 4)
    return [f"    {line}" for line in textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)]


def _verdict(report: Report, style: TerminalStyle) -> str:
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
        return style.bad(f"{style.symbol('✗', 'x')} {text}; exit code {report.exit_code}")
    return style.good(f"{style.symbol('✓', 'ok')} {text}")
