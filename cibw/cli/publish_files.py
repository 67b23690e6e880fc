"""The files that a call of `cibw publish` is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cibw.cli.sessions import Session
from cibw.errors import ConfigurationError, ReleaseFaultError
from cibw.model.release import UploadPlan
from cibw.publishing.distributions import read_directory, read_distribution, read_files
from cibw.publishing.upload_plan import Release, release_of

_DIRECTORIES = ("dist", "wheelhouse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A release, the directory that its report goes to, and what was decided for the user."""

    release: Release
    directory: Path
    note: str = ""


def choose_files(session: Session) -> Chosen:
    """The files of a directory or those that are named."""
    directory, note = _directory(session)
    if directory is None:
        paths = tuple(session.working_dir / path for path in session.line.paths)
        files, directory = read_files(paths), paths[0].parent
    else:
        files = read_directory(directory)
    return Chosen(release=release_of(files), directory=directory, note=note)


def check_unchanged(plan: UploadPlan) -> None:
    """ReleaseFaultError where a file is no longer what was planned with."""
    changed = [
        upload.distribution.filename
        for upload in plan.uploads
        if read_distribution(Path(upload.path)).distribution.sha256 != upload.distribution.sha256
    ]
    if changed:
        raise ReleaseFaultError(
            f"before-publish has changed {', '.join(changed)}. Nothing was sent.",
            hint="Change files before they are published: what was checked is what is sent.",
        )


def _directory(session: Session) -> tuple[Path | None, str]:
    paths = session.line.paths
    if not paths:
        there = [name for name in _DIRECTORIES if (session.working_dir / name).is_dir()]
        name = there[0] if there else _DIRECTORIES[0]
        note = "There is no directory dist; wheelhouse is published." if name != _DIRECTORIES[0] else ""
        return session.working_dir / name, note
    directories = [path for path in paths if (session.working_dir / path).is_dir()]
    if directories and len(paths) > 1:
        raise ConfigurationError(
            f"{directories[0]} is a directory, and stands beside other paths.",
            hint="Name one directory, or files; `cibw collect` makes one directory of several.",
        )
    return (session.working_dir / directories[0] if directories else None), ""
