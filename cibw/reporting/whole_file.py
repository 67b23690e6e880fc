"""Files that appear as a whole."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, text: str) -> Path:
    """Write a text under a temporary name first, so that no reader meets half of it; makes the directory.

    What is no text, such as a byte of a file name, is written as an escape, which is how JSON writes it, too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    # A checkout may bring a link of this name, and where it leads to is not overwritten.
    temporary.unlink(missing_ok=True)
    with temporary.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
    temporary.replace(path)
    return path
