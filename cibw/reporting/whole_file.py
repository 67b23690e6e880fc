"""Write files atomically."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, text: str) -> Path:
    """Write a text to a temporary file and rename it, so that readers never see a partial file; create the directory.

    Undecodable bytes, such as those of a file name, are written as escapes, as in JSON.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    # A checkout may contain a symlink of this name; its target must not be overwritten.
    temporary.unlink(missing_ok=True)
    with temporary.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
    temporary.replace(path)
    return path
