"""Numbers and exit codes in words."""

from __future__ import annotations

_EXIT_CODES = {
    126: "the program was found but could not be started",
    127: "command not found",
    130: "interrupted",
    132: "illegal instruction; it was built for another processor",
    134: "aborted",
    135: "bus error",
    136: "floating point exception",
    137: "killed, likely because memory ran out",
    139: "segmentation fault",
    141: "its output was closed",
    143: "asked to end",
}


def duration(seconds: float) -> str:
    """A time span, e.g. `0.4 s`, `1 min 05 s`, `1 h 02 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def size(count: int) -> str:
    """A number of bytes, e.g. `812 B`, `17.4 kB`, `3.2 MB`."""
    if count < 1000:
        return f"{count} B"
    amount = count / 1000
    for unit in ("kB", "MB"):
        if amount < 999.95:
            return f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def count(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun, e.g. `1 wheel`, `3 wheels`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def cached(tool: str, hits: int, files: int) -> str:
    """What a compiler cache brought, e.g. `5 of 7 files from ccache`."""
    return f"{hits} of {count(files, 'file')} from {tool}"


def exit_code(code: int) -> str:
    """An exit code and what it usually means; a negative one is a signal."""
    known = _EXIT_CODES.get(128 - code if code < 0 else code, "")
    if code < 0:
        return f"signal {-code}" + (f" ({known})" if known else "")
    if known:
        return f"exit code {code} ({known})"
    return f"exit code {code}" + (f" (signal {code - 128})" if 128 < code < 160 else "")
