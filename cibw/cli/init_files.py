"""Write generated files, and keep changes of maintainers."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from cibw.cli.sessions import Session
from cibw.errors import ConfigurationError
from cibw.untrusted.faults import UnreadableFileError
from cibw.untrusted.text import read_text
from cibw.workflows.values import WorkflowFile


def write_files(session: Session, files: tuple[WorkflowFile, ...]) -> None:
    """Write the files that are missing or outdated, and print a line for each.

    ConfigurationError, before anything is written, if an existing file differs and --force is not given. Companion
    files that differ are kept.
    """
    first, *others = files
    places = [(session.line.output or first.path, first), *((file.path, file) for file in others)]
    blocked = [name for name, file in places if _differs(session.working_dir / name, file) and not file.is_companion]
    for name in blocked:
        print("\n".join(_difference(session, name, first)))
    if blocked and not session.line.force:
        raise ConfigurationError(
            f"{blocked[0]} already exists and differs from the new file.",
            hint="Use --force to overwrite it, --output FILE to write another file, or --output - to print it.",
        )
    for name, file in places:
        print(_write(session, name, file))


def _differs(path: Path, file: WorkflowFile) -> bool:
    return path.exists() and _text(path) != file.text


def _text(path: Path) -> str:
    """The text of an existing file; ConfigurationError if it cannot be read."""
    try:
        return read_text(path) or ""
    except UnreadableFileError as error:
        raise ConfigurationError(f"{error}.", hint="Remove it, or write another file with --output FILE.") from error


def _difference(session: Session, name: str, file: WorkflowFile) -> Iterator[str]:
    old = _text(session.working_dir / name).splitlines()
    look = session.look
    for line in difflib.unified_diff(old, file.text.splitlines(), name, f"{name} (new)", lineterm=""):
        if line.startswith(("+++", "---", "@@")):
            yield look.bold(line)
        elif line.startswith("+"):
            yield look.good(line)
        else:
            yield look.bad(line) if line.startswith("-") else line


def _write(session: Session, name: str, file: WorkflowFile) -> str:
    path = session.working_dir / name
    if path.exists() and _text(path) == file.text:
        return f"{name} is up to date."
    if path.exists() and file.is_companion:
        return f"{name} already exists and was kept."
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.text.encode())
    return f"{name} was written."
