"""Files that cibw itself writes into a project."""

from __future__ import annotations

from pathlib import Path

from cibw.cli.sessions import Session
from cibw.model.distribution import ATTESTATION_ENDING, PROVENANCE_ENDING
from cibw.model.manifest import MANIFEST_NAME
from cibw.reporting.report import FILE_NAME

LOGS = "logs"
"""The directory of log files, next to the wheels."""
COLLECTED = "dist"
"""The directory that a release is collected into."""


def made_by_cibw(session: Session, output_dir: Path) -> tuple[Path, ...]:
    """Paths that are not sources of a build: its wheels, the cache, and a `dist` with a manifest."""
    collected = session.working_dir / COLLECTED
    is_ours = (collected / MANIFEST_NAME).is_file()
    return (output_dir, session.cache_dir, *((collected,) if is_ours else ()))


def is_written_by_cibw(path: Path) -> bool:
    """Whether cibw wrote a file next to distributions: reports, logs and attestations."""
    name = path.name
    if name == LOGS:
        return path.is_dir()
    return name in (MANIFEST_NAME, FILE_NAME) or name.endswith((ATTESTATION_ENDING, PROVENANCE_ENDING))
