"""Choose the files of `cibw publish`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cibw.cli.release_paths import release_paths
from cibw.cli.sessions import Session
from cibw.errors import ReleaseFaultError
from cibw.model.release import UploadPlan
from cibw.publishing.distributions import read_directory, read_distribution, read_files
from cibw.publishing.upload_plan import Release, release_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A release, the directory of its report, and a note about a default."""

    release: Release
    directory: Path
    note: str = ""


def choose_files(session: Session) -> Chosen:
    """The files of a directory, or the given files."""
    paths = release_paths(session)
    files = read_files(paths.files) if paths.directory is None else read_directory(paths.directory)
    return Chosen(release=release_of(files), directory=paths.directory or paths.files[0].parent, note=paths.note)


def check_unchanged(plan: UploadPlan) -> None:
    """ReleaseFaultError if a file has changed since the plan was made."""
    changed = [
        upload.distribution.filename
        for upload in plan.uploads
        if read_distribution(Path(upload.path)).distribution.sha256 != upload.distribution.sha256
    ]
    if changed:
        raise ReleaseFaultError(
            f"before-publish has changed {', '.join(changed)}. Nothing was uploaded.",
            hint="Change files before publishing: files must not change after the checks.",
        )
