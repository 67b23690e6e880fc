"""The table of wheels at the end of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from cibw.model.events import BuildResult, Status, WheelFile
from cibw.reporting.look import Look
from cibw.reporting.wording import duration, size

if TYPE_CHECKING:
    from rich.box import Box
    from rich.console import Console
    from rich.table import Table

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


def wheel_table(results: Sequence[BuildResult], look: Look) -> list[str]:
    """The lines of a table of wheels, or none without wheels.

    It shows the complete hash if it fits the width, else its beginning. File names are wrapped, never truncated.
    """
    wheels = [(result, result.wheel) for result in results if result.wheel is not None]
    if not wheels:
        return []
    form, room = _form(wheels, look)
    console = _console(look)
    console.print(_table(wheels, form, room, look))
    text = console.file.getvalue() if isinstance(console.file, StringIO) else ""
    return [f"{' ' * _INDENT}{line}".rstrip() for line in text.splitlines()]


def time_of(result: BuildResult) -> str:
    """The duration of a build, or that its wheel came from the store."""
    is_untouched = result.status is Status.RESTORED and not result.steps
    return "from store" if is_untouched else duration(result.seconds)


def _form(wheels: _Wheels, look: Look) -> tuple[_Form, int]:
    """The first form with enough columns for the file names, and the number of columns."""
    longest = max(len(wheel.filename) for _, wheel in wheels)
    rooms = [(form, _room(wheels, form, look)) for form in _FORMS]
    form, room = next(((form, room) for form, room in rooms if room >= min(longest, _READABLE)), rooms[-1])
    return form, max(room, SHORT_HASH)


def _room(wheels: _Wheels, form: _Form, look: Look) -> int:
    identifiers = 0 if form.joined else _GAP + max(len(str(result.identifier)) for result, _ in wheels)
    sizes = max(len(size(wheel.size)) for _, wheel in wheels)
    times = max(len(time_of(result)) for result, _ in wheels)
    return look.width - _INDENT - identifiers - max(sizes, 4) - max(times, 4) - form.digits - 3 * _GAP


def _table(wheels: _Wheels, form: _Form, room: int, look: Look) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=_box(look),
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
        name = "\n".join(_folded(wheel.filename, room))
        identifier = Text(str(result.identifier), style="bold" if form.joined else "")
        cells = [identifier.append(f"\n{name}", style="not bold")] if form.joined else [identifier, name]
        table.add_row(*cells, size(wheel.size), time_of(result), wheel.sha256[: form.digits])
    return table


def _folded(name: str, width: int) -> list[str]:
    """Split a file name into pieces that fit a width, after a dash or a dot if possible."""
    lines = [""]
    for part in re.findall(r"[^-.]*[-.]?", name):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return lines


def _box(look: Look) -> Box:
    from rich import box

    return box.SIMPLE_HEAD if look.unicode else box.Box(_PLAIN_BOX, ascii=True)


def _console(look: Look) -> Console:
    from rich.console import Console

    return Console(
        file=StringIO(),
        width=max(look.width - _INDENT, 1),
        color_system="standard" if look.colour else None,
        force_terminal=look.colour,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        # The look has already decided this; rich must not check the environment again.
        _environ={},
    )
