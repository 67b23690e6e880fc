"""Runs zig in place of a compiler: zig_wrapper.py ZIG SETTINGS TOOL [ARGUMENT...].

A toolchain's `cc`, `c++`, `ar` and `ranlib` start this with `python -I -S`, which saves most of an
interpreter's start.
"""

from __future__ import annotations

import os
import sys


def main(zig: str, settings_file: str, tool: str, arguments: list[str]) -> None:
    """Answer the question or become zig."""
    # After the standard library, so that no other package beside cibw can stand in its place.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from cibw.running.zig_arguments import answer, expand, translate
    from cibw.running.zig_settings import ZigSettings

    text = _read(settings_file)
    if text is None:
        sys.exit(f"the toolchain lost its settings: {settings_file}")
    settings = ZigSettings.from_text(text)
    given = expand(arguments, _read)
    known = answer(given, settings)
    if known is not None:
        sys.stdout.write(f"{known}\n")
        return
    os.execv(zig, [zig, *translate(tool, given, settings, os.environ)])  # noqa: S606


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError:
        return None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
